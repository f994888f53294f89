// SPDX-License-Identifier: MIT
// The page for whoever uses it: which grid, sharing, small screens, dark screens, keyboards.
'use strict';

const assert = require('assert/strict');
const fs = require('fs');
const { until, sized, contrast } = require('./harness.cjs');

const TEXTS = ['h1', '#grid-new', '#facts', '#download', '#copy', '#photos-help', '#photos .name', '#remove-all', '.options h2',
  'legend', '.options label', '#visits', 'footer a', '#failed-title', '#failed-list span', '#failed-list button', '.mark span', 'li.bad .why'];

async function filled({ browser, url, file }, name, options = {}) {
  const page = await browser.open(url(name), { forgive: [/404|422/], ...options });
  const names = ['red', 'green', 'blue', 'broken', 'red', 'green'];
  await page.locator('#files').setInputFiles(names.map((each) => file(`${each}.png`)));
  await sized(page, 2 * 256 + 12, 3 * 256 + 16);
  await until('thumbnails', () => page.locator('#photos li.bad .why').isVisible());
  return page;
}

function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

module.exports = {
  async 'a fresh visitor gets a grid of their own, and another one when they like'({ browser, base, file }) {
    const page = await browser.open(base);
    await until('the address carries it', () => /\?grid=[a-z]+-[a-z]+-\w{6}$/.test(page.url()));
    const first = new URL(page.url()).searchParams.get('grid');
    await page.locator('#visits', { hasText: 'visit' }).waitFor();
    assert.deepEqual(browser.complaints, [], 'a first visit is without any error');
    page.forgiven.push(/404/);
    await page.locator('#files').setInputFiles(file('red.png'));
    await sized(page, 264, 264);
    await page.locator('#grid-new').click();
    await page.locator('#empty').waitFor();
    assert.notEqual(new URL(page.url()).searchParams.get('grid'), first);
    await page.goBack();
    await sized(page, 264, 264);
    await page.locator('#grid-id').fill('another one');
    await page.keyboard.press('Enter');
    await page.locator('#empty').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('grid'), 'another one');
    await page.goto(base);
    await until('the last one is remembered', async () => await page.locator('#grid-id').inputValue() === 'another one');
  },

  async 'the picture is downloaded byte for byte, and its link copied'(world) {
    const page = await filled(world, 'share', { permissions: ['clipboard-read', 'clipboard-write'] });
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
    assert.equal(download.suggestedFilename(), 'share.jpg');
    await page.locator('#copy').click();
    await until('it says so', async () => await page.locator('#copy').textContent() === 'Copied');
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const answer = await page.request.get(link);
    assert.equal(answer.status(), 200);
    assert(fs.readFileSync(await download.path()).equals(await answer.body()));
  },

  async 'where nothing can be copied, the link is shown'(world) {
    const page = await filled(world, 'no-clipboard');
    await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); });
    await page.locator('#copy').click();
    await page.locator('#link-box').waitFor();
    assert.match(await page.locator('#link').inputValue(), /\/objects\/.*X-Amz-Signature/);
  },

  async 'a visit is counted once in a session'({ browser, base }) {
    const page = await browser.open(base, { forgive: [/404/] }); // the reload asks for a grid that is still empty
    const visits = async () => Number((await until('visits', async () => /^([\d,]+) visits?$/.exec(await page.locator('#visits').textContent())))[1].replaceAll(',', ''));
    const first = await visits();
    await page.reload();
    assert.equal(await visits(), first);
    assert.equal(page.requested.filter((line) => line === 'POST /counters/page').length, 1);
    const other = await browser.open(base, { forgive: [/404/] });
    await until('another session', async () => (await other.locator('#visits').textContent()).startsWith(String(first + 1)));
  },

  async 'a phone needs no sideways scrolling'(world) {
    const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
    const empty = await world.browser.open(world.url('phone-empty'), { forgive: [/404/], ...phone });
    await empty.locator('#empty').waitFor();
    assert.equal(await overflow(empty), 0);
    await world.browser.shot(empty, 'phone-empty');
    const page = await filled(world, `phone ${'x'.repeat(120)}`, phone);
    assert.equal(await overflow(page), 0);
    await world.browser.shot(page, 'phone', { fullPage: true });
    const small = await page.locator('button:visible').evaluateAll((all) => all.filter((button) => button.offsetHeight < 24 || button.offsetWidth < 24).length);
    assert.equal(small, 0, 'buttons too small for a finger');
  },

  async 'text has contrast, light and dark'(world) {
    for (const colorScheme of ['light', 'dark']) {
      const empty = await world.browser.open(world.url(`empty-${colorScheme}`), { forgive: [/404/], colorScheme });
      await empty.locator('#empty').waitFor();
      for (const text of ['#empty h2', '#empty p', '#empty .soft', '#empty .main-button'])
        assert(await contrast(empty, text) >= 4.5, `${text} (${colorScheme})`);
      await world.browser.shot(empty, `empty-${colorScheme}`);
      const page = await filled(world, `contrast-${colorScheme}`, { colorScheme });
      for (const text of TEXTS) {
        const ratio = await contrast(page, text);
        assert(ratio >= 4.5, `${text} (${colorScheme}): ${ratio.toFixed(2)}`);
      }
      await world.browser.shot(page, `full-${colorScheme}`, { fullPage: true });
    }
  },

  async 'the Tab key goes through the page as it is read'(world) {
    const page = await filled(world, 'tabs');
    await page.locator('h1').click();
    const stops = [];
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const active = document.activeElement;
        if (active === document.body) return '';
        const outlined = getComputedStyle(active).outlineStyle !== 'none';
        return (active.id || active.name || active.className || active.textContent) + (outlined ? '' : ' without outline');
      });
      if (!stop) break;
      stops.push(stop);
    }
    const expected = ['grid-id', 'grid-new', 'download', 'copy', 'Remove', 'Add photos', 'remove-all', 'photo', 'width', 'height',
      'columns', 'fit', 'gap', 'margin', 'background', 'title', 'numbers', 'format', 'quality', 'expires', 'Back to the usual', 'API'];
    assert.deepEqual(stops.filter((stop) => stop !== 'skip'), expected);
    const nameless = await page.locator('input:visible, select:visible, button:visible').evaluateAll((all) => all.filter((element) =>
      !(element.labels?.length || element.getAttribute('aria-label') || element.textContent.trim())).map((element) => element.outerHTML));
    assert.deepEqual(nameless, []);
  },
};
