// SPDX-License-Identifier: MIT
// Photos on their way in: chosen, dropped, large, refused, delayed.
'use strict';

const assert = require('assert/strict');
const { until, sized } = require('./harness.cjs');

const photos = (page) => page.locator('#photos > li');
const stored = (page, count) => until(`${count} photos stored`, async () => await page.locator('#photos > li[data-state=stored]').count() === count);

module.exports = {
  async 'chosen files are uploaded three at a time, and the grid appears'({ browser, url, file }) {
    const page = await browser.open(url('chosen'), { forgive: [/404/] });
    assert(await page.locator('#empty').isVisible());
    let open;
    const gate = new Promise((resolve) => { open = resolve; });
    let inFlight = 0;
    let most = 0;
    await page.route('**/add_image*', async (route) => {
      most = Math.max(most, ++inFlight);
      await gate;
      await route.continue();
      inFlight--;
    });
    await page.locator('#files').setInputFiles(['red', 'green', 'blue', 'red', 'green'].map((name) => file(`${name}.png`)));
    await until('three requests', () => inFlight === 3);
    await page.waitForTimeout(200);
    assert.equal(await page.locator('#photos progress:visible').count(), 5, 'a bar for each that is not there yet');
    assert.equal(await page.locator('#photos > li[data-state=waiting]').count(), 2);
    await browser.shot(page, 'uploading-light');
    open();
    await stored(page, 5);
    assert(most <= 3, `${most} at once`);
    await sized(page, 2 * 256 + 4 + 8, 3 * 256 + 8 + 8);
    assert.equal(await page.locator('#photos progress:visible').count(), 0);
    assert.match(await page.locator('#facts').textContent(), /524 × 784 pixels · 2 × 3 tiles · link works until/);
    await until('thumbnails', () => page.locator('.thumb').evaluateAll((all) => all.every((thumb) => thumb.style.backgroundImage.includes('/objects/'))));
    assert.match(page.url(), /\?grid=/);
    await page.reload();
    await stored(page, 5);
    assert.equal(await page.locator('#photos .name').first().textContent(), 'red.png', 'names are remembered');
  },

  async 'files dropped anywhere are taken'({ browser, url }) {
    const page = await browser.open(url('dropped'), { forgive: [/404/] });
    const drop = (types) => page.evaluate(async (wanted) => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 60;
      canvas.getContext('2d').fillRect(0, 0, 60, 60);
      const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/png'); });
      const transfer = new DataTransfer();
      transfer.items.add(new File([blob], 'dropped.png', { type: 'image/png' }));
      let taken = true;
      for (const type of wanted) taken = !document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
      return taken;
    }, types);
    assert(await drop(['dragenter', 'dragover']), 'the browser would open the file itself');
    assert(await page.locator('#drop-hint').isVisible());
    await drop(['drop']);
    assert(await page.locator('#drop-hint').isHidden());
    await stored(page, 1);
    await sized(page, 264, 264);
    assert.equal(await page.locator('#photos .name').textContent(), 'dropped.png');
  },

  async 'a large file goes straight to the store, and its progress is seen'({ browser, url, file }) {
    const page = await browser.open(url('large'), { forgive: [/404/] });
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 4 << 20 });
    await page.locator('#files').setInputFiles(file('large.png'));
    await until('a part of it sent', () => page.evaluate(() => {
      const bar = document.querySelector('#photos progress');
      return bar && bar.value > 0 && bar.value < 1;
    }));
    await stored(page, 1);
    await sized(page, 264, 264);
    assert(page.requested.some((line) => line.startsWith('POST /upload_url')));
    assert(page.requested.some((line) => line.startsWith('PUT /objects/')));
    assert(!page.requested.some((line) => line.startsWith('POST /add_image')));
  },

  async 'a large file that does not arrive leaves nothing behind, and can be tried again'({ browser, url, file }) {
    const page = await browser.open(url('lost'), { forgive: [/404/, /ERR_/] });
    await page.route('**/objects/**', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
    await page.locator('#files').setInputFiles(file('large.png'));
    await page.locator('#photos > li[data-state=failed]').waitFor();
    await until('its key is gone', async () => (await page.request.get(url('lost').replace('?grid=', 'grids/'))).status() === 404);
    await page.unroute('**/objects/**');
    await page.getByRole('button', { name: 'Try again to upload large.png' }).click();
    await stored(page, 1);
    await sized(page, 264, 264);
  },

  async 'a busy service is asked again when it says'({ browser, url, file }) {
    const page = await browser.open(url('busy'), { forgive: [/404|503|429/] });
    const times = [];
    await page.route('**/add_image*', async (route) => {
      times.push(Date.now());
      if (times.length > 2) await route.continue();
      else await route.fulfill({ status: times.length === 1 ? 503 : 429, headers: { 'Retry-After': '1' }, json: { message: 'busy', code: 'busy' } });
    });
    await page.locator('#files').setInputFiles(file('red.png'));
    await stored(page, 1);
    assert.equal(times.length, 3);
    assert(times[1] - times[0] >= 950 && times[2] - times[1] >= 950, `waited ${times[1] - times[0]} and ${times[2] - times[1]} ms`);
    await sized(page, 264, 264);
  },

  async 'what is no image is refused in the words of the service'({ browser, url, file }) {
    const page = await browser.open(url('refused'), { forgive: [/404|415/] });
    await page.locator('#files').setInputFiles([file('words.jpg'), file('red.png')]);
    await page.locator('#photos > li[data-state=failed]').waitFor();
    assert.match(await page.locator('li[data-state=failed] .why').textContent(), /not an image/);
    assert.equal(await page.locator('.retry:visible').count(), 0, 'it would be refused again');
    await sized(page, 264, 264);
    await page.getByRole('button', { name: 'Remove words.jpg' }).click();
    assert.equal(await photos(page).count(), 1);
  },
};
