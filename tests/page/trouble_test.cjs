// SPDX-License-Identifier: MIT
// Broken images, tokens, a service that is gone, and names that would like to be more than text.
'use strict';

const assert = require('assert/strict');
const { until, sized, colourOf } = require('./harness.cjs');

const HOSTILE = [
  '<img src=x onerror="document.title=1">.png',
  '"><script>alert(1)</script>.png',
  "it's 100% \"quoted\" & more.png",
  '📷 вид на море ‮gpj.png',
  'صورة من البحر.png',
];

module.exports = {
  async 'a broken image is marked in its cell, with its reason'({ browser, url, file }) {
    const page = await browser.open(`${url('broken')}&columns=2&title=Sea&numbers=1`, { forgive: [/404|422/] });
    await page.locator('#files').setInputFiles([file('red.png'), file('green.png'), file('broken.png'), file('blue.png')]);
    await until('a mark', () => page.locator('.mark').isVisible());
    await until('all', async () => await page.locator('#photos > li[data-state=stored]').count() === 4);
    const reason = await page.locator('.mark').textContent();
    assert(reason.length > 5, reason);
    await until('it is listed', async () => (await page.locator('#failed-list').textContent()).includes(reason));
    assert.match(await page.locator('#failed-list').textContent(), /broken\.png/);
    await until('the list of photos tells too', () => page.locator('#photos li.bad .why').isVisible());
    // The mark covers its cell, found by its colour: what the service paints for a photo that failed.
    const cell = Number(/Number (\d+)/.exec(await page.locator('#failed-list').textContent())[1]) - 1;
    const [mark, picture] = [await page.locator('.mark').boundingBox(), await page.locator('#picture').boundingBox()];
    const natural = await page.locator('#picture').evaluate((image) => [image.naturalWidth, image.naturalHeight]);
    const scale = picture.width / natural[0];
    const title = natural[1] - (2 * (256 + 40) + 4 + 8);
    const expected = [4 + (cell % 2) * 260, 4 + title + Math.floor(cell / 2) * (256 + 40 + 4)];
    assert(title >= 24);
    assert(Math.abs((mark.x - picture.x) / scale - expected[0]) < 2 && Math.abs((mark.y - picture.y) / scale - expected[1]) < 2, JSON.stringify([mark, picture, expected]));
    assert(Math.abs(mark.width / scale - 256) < 2 && Math.abs(mark.height / scale - 256) < 2);
    await browser.shot(page, 'failed-light', { fullPage: true });
    await page.emulateMedia({ colorScheme: 'dark' });
    await browser.shot(page, 'failed-dark', { fullPage: true });
    await page.locator('#failed-list button').click();
    await until('nothing failed any more', () => page.locator('#failed').isHidden());
    assert.equal(await page.locator('.mark').count(), 0);
  },

  async 'of photos of which not one can be shown there is no picture, and each tells why'({ browser, url, file }) {
    const page = await browser.open(url('nothing'), { forgive: [/404|422/] });
    await page.locator('#files').setInputFiles([file('broken.png')]);
    await until('it is listed', () => page.locator('#failed-list li').isVisible());
    assert.match(await page.locator('#failed-list').textContent(), /broken\.png/);
    assert.match(await page.locator('#notice').textContent(), /could not be read/);
    assert(await page.locator('#picture').isHidden());
    await until('the list of photos tells too', () => page.locator('#photos li.bad .why').isVisible());
    await page.locator('#files').setInputFiles([file('red.png')]);
    await until('a picture of the other', () => page.locator('#picture').isVisible());
    await until('a mark', () => page.locator('.mark').isVisible());
    assert(await page.locator('#notice').isHidden());
  },

  async 'photos have the numbers that they have in the picture, and those not uploaded have none'({ browser, url, file }) {
    const page = await browser.open(`${url('numbers')}&columns=3&width=64&height=64&numbers=1`, { forgive: [/404|415|422/] });
    const numbers = () => page.locator('#photos .number').allTextContents();
    for (const [index, name] of ['words.jpg', 'red.png', 'broken.png', 'green.png'].entries()) { // their order matters
      await page.locator('#files').setInputFiles(file(name));
      await until(`${name} is answered`, async () => await page.locator('#photos > li:is([data-state=stored], [data-state=failed])').count() === index + 1);
    }
    await until('three in a row', async () => await colourOf(page, 2, 3, 64) === 'green');
    assert.equal(await colourOf(page, 0, 3, 64), 'red');
    assert.deepEqual(await numbers(), ['', '1', '2', '3']);
    assert.match(await page.locator('#failed-list li').textContent(), /broken\.png.*Number 2:/);
    assert.match(await page.locator('#photos .photo').nth(1).getAttribute('aria-label'), /^red\.png, 1 of 3/);
    assert.doesNotMatch(await page.locator('#photos .photo').first().getAttribute('aria-label'), / of \d/);
    await browser.shot(page, 'numbers', { fullPage: true });
    await page.locator('#photos .photo').nth(1).focus();
    await page.keyboard.press('Alt+End');
    await until('it is announced', async () => /red\.png: now 3 of 3/.test(await page.locator('#live').textContent()));
    assert.deepEqual(await numbers(), ['', '1', '2', '3']);
    await page.getByRole('button', { name: 'Remove broken.png' }).first().click();
    await until('the rest moves up', async () => String(await numbers()) === ',1,2');
  },

  async 'a token is asked for once, and kept for the session'({ browser, tokenUrl, token, file }) {
    const page = await browser.open(`${tokenUrl}?grid=secret`, { forgive: [/401|404/] });
    await page.locator('#token-dialog').waitFor();
    await browser.shot(page, 'token');
    await page.locator('#token').fill('wrong-token-1');
    await page.keyboard.press('Enter');
    await until('it was wrong', async () => /not accepted/.test(await page.locator('#token-title').textContent()));
    await page.locator('#token').fill(token);
    await page.keyboard.press('Enter');
    await page.locator('#empty').waitFor();
    await page.locator('#files').setInputFiles([file('red.png'), file('green.png')]);
    await sized(page, 264, 524);
    await page.reload();
    await sized(page, 264, 524);
    assert(await page.locator('#token-dialog').isHidden());
  },

  async 'without a token the page says what is missing'({ browser, tokenUrl }) {
    const page = await browser.open(`${tokenUrl}?grid=secret`, { forgive: [/401|404/] });
    await page.locator('#token-dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#notice').waitFor();
    assert.match(await page.locator('#notice').textContent(), /token/);
    await page.locator('#notice-retry').click();
    await page.locator('#token-dialog').waitFor();
  },

  async 'a service that is gone is told apart from being offline'({ browser, doomedUrl, endDoomed, file }) {
    const page = await browser.open(`${doomedUrl}?grid=gone`, { forgive: [/404|ERR_/] });
    await page.locator('#files').setInputFiles(file('red.png'));
    await sized(page, 264, 264);
    await page.context().setOffline(true);
    await page.getByLabel('Width').fill('64');
    await page.locator('#notice').waitFor();
    assert.match(await page.locator('#notice').textContent(), /You are offline/);
    await page.context().setOffline(false);
    await sized(page, 72, 264); // by itself
    assert(await page.locator('#notice').isHidden());
    endDoomed();
    await page.waitForTimeout(500);
    await page.getByLabel('Width').fill('80');
    await page.locator('#notice').waitFor();
    assert.match(await page.locator('#notice').textContent(), /service does not answer.*running/);
    assert(await page.locator('#notice-retry').isVisible());
    assert(await page.locator('#picture').isVisible(), 'the last picture stays');
    await browser.shot(page, 'gone');
  },

  async 'hostile names and ids are text'({ browser, base, file, bytes }) {
    for (const [index, name] of HOSTILE.entries()) {
      const id = `${name}/../${index}`;
      const page = await browser.open(`${base}?${new URLSearchParams({ grid: id })}`, { forgive: [/404|422/] });
      page.on('dialog', () => { throw new Error('a script ran'); });
      const shown = name.replace('\u202e', ''); // what turns the direction of writing is left out
      assert.equal(await page.locator('#grid-id').inputValue(), id);
      await page.locator('#files').setInputFiles([
        { name, mimeType: 'image/png', buffer: bytes('red.png') }, { name: `broken ${name}`, mimeType: 'image/png', buffer: bytes('broken.png') }]);
      await until('listed as failed', () => page.locator('#failed-list li').isVisible());
      assert.equal(await page.locator('#failed-list b').textContent(), `broken ${shown}`);
      assert.equal(await page.locator('#photos .name').first().textContent().then((text) => text.replace(/^broken /, '')), shown);
      assert.equal(await page.title(), `${id} · tessera`);
      assert.equal(await page.locator('main img, main script').count(), 1, 'the picture alone');
      const answer = await page.request.get(`${base}grids/${encodeURIComponent(id)}`);
      assert.equal((await answer.json()).count, 2);
      await page.locator('#failed-list button').click();
      await until('it is gone', async () => (await (await page.request.get(`${base}grids/${encodeURIComponent(id)}`)).json()).count === 1);
      if (index === 3) await browser.shot(page, 'hostile');
      await browser.closeAll();
    }
    const page = await browser.open(`${base}?grid=..`, { forgive: [/404/] });
    assert.match(await page.locator('#grid-id').inputValue(), /^[a-z]+-[a-z]+-\w+$/, 'browsers cannot ask for ".."');
    await page.locator('#grid-id').fill('.');
    await page.keyboard.press('Enter');
    assert(!(await page.locator('#grid-id').evaluate((input) => input.validity.valid)));
    await page.locator('#files').setInputFiles(file('red.png'));
    await sized(page, 264, 264);
  },
};
