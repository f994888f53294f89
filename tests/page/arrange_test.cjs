// SPDX-License-Identifier: MIT
// Reordering, removing, and options: each changes the picture.
'use strict';

const assert = require('assert/strict');
const { until, sized, colourOf } = require('./harness.cjs');

const COLOURS = ['red', 'green', 'blue'];

/** A page with a red, a green and a blue photo in one row of tiles of 64 pixels. */
async function row({ browser, url, file }, name, options = {}) {
  const page = await browser.open(`${url(name)}&columns=3&width=64&height=64`, { forgive: [/404/], ...options });
  for (const colour of COLOURS) { // one by one: their order is what this is about
    await page.locator('#files').setInputFiles(file(`${colour}.png`));
    await until(`${colour} is stored`, async () => await page.locator('#photos > li[data-state=stored]').count() === COLOURS.indexOf(colour) + 1);
  }
  await sized(page, 3 * 64 + 8 + 8, 72);
  await shows(page, COLOURS);
  return page;
}

function shows(page, colours) {
  return until(`the picture shows ${colours}`, async () => {
    const seen = [];
    for (let cell = 0; cell < colours.length; cell++) seen.push(await colourOf(page, cell, 3, 64));
    return String(seen) === String(colours);
  });
}

async function middle(page, index) {
  const box = await page.locator('#photos .thumb').nth(index).boundingBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

module.exports = {
  async 'dragging a photo by mouse changes the picture'(world) {
    const page = await row(world, 'mouse');
    await page.locator('#photos').scrollIntoViewIfNeeded();
    const [from, to] = [await middle(page, 0), await middle(page, 2)];
    await page.mouse.move(...from);
    await page.mouse.down();
    await page.mouse.move((from[0] + to[0]) / 2, to[1], { steps: 5 });
    await page.mouse.move(...to, { steps: 5 });
    assert.equal(await page.locator('.ghost').count(), 1);
    await page.mouse.up();
    assert.equal(await page.locator('.ghost').count(), 0);
    await shows(page, ['green', 'blue', 'red']);
    await until('it is announced', async () => /red\.png: now 3 of 3|ready/.test(await page.locator('#live').textContent()));
    await page.reload();
    await sized(page, 208, 72);
    await shows(page, ['green', 'blue', 'red']);
  },

  async 'Escape takes a drag back'(world) {
    const page = await row(world, 'escape');
    await page.locator('#photos').scrollIntoViewIfNeeded();
    await page.mouse.move(...await middle(page, 0));
    await page.mouse.down();
    await page.mouse.move(...await middle(page, 2), { steps: 5 });
    await page.keyboard.press('Escape');
    await page.mouse.up();
    assert.deepEqual(await page.locator('#photos .name').allTextContents(), ['red.png', 'green.png', 'blue.png']);
  },

  async 'dragging by finger works after a rest, and a swipe scrolls'(world) {
    const page = await row(world, 'finger', { hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } });
    await page.locator('#photos').scrollIntoViewIfNeeded();
    const touch = await page.context().newCDPSession(page);
    const send = (type, points) => touch.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y]) => ({ x, y })) });
    const [from, to] = [await middle(page, 0), await middle(page, 1)];
    await send('touchStart', [from]);
    await page.waitForTimeout(450);
    assert.equal(await page.locator('.ghost').count(), 1, 'a finger that rests takes the photo');
    for (let step = 1; step <= 6; step++) await send('touchMove', [[from[0] + ((to[0] - from[0]) * step) / 6, to[1]]]);
    await send('touchEnd', []);
    await shows(page, ['green', 'red', 'blue']);
    await send('touchStart', [from]);
    for (let step = 1; step <= 6; step++) await send('touchMove', [[from[0], from[1] - 20 * step]]);
    assert.equal(await page.locator('.ghost').count(), 0, 'a swipe takes nothing');
    await send('touchEnd', []);
  },

  async 'everything goes by keyboard'(world) {
    const page = await row(world, 'keyboard');
    await page.locator('#photos .photo').first().focus();
    await page.keyboard.press('Alt+ArrowRight');
    await until('it is announced', async () => /red\.png: now 2 of 3/.test(await page.locator('#live').textContent()));
    await shows(page, ['green', 'red', 'blue']);
    assert.equal(await page.evaluate(() => document.activeElement.querySelector('.name')?.textContent), 'red.png', 'focus goes along');
    await page.keyboard.press('Alt+End');
    await shows(page, ['green', 'blue', 'red']);
    await page.keyboard.press('ArrowLeft');
    assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /^blue\.png, 2 of 3/);
    await page.keyboard.press('Delete');
    assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /^red\.png, 2 of 2/);
    await shows(page, ['green', 'red']);
    const { keys } = await (await page.request.get(`${world.base}grids/keyboard`)).json();
    assert.equal(keys.length, 2);
  },

  async 'one photo goes, then all, after a question'(world) {
    const page = await row(world, 'remove');
    await page.locator('#photos > li').nth(1).hover();
    await page.getByRole('button', { name: 'Remove green.png' }).click();
    await shows(page, ['red', 'blue']);
    await page.locator('#remove-all').click();
    assert.match(await page.locator('#sure-title').textContent(), /all 2 photos/);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#photos > li').count(), 2);
    await page.locator('#remove-all').click();
    await page.locator('#sure-dialog button[value=ok]').click();
    await page.locator('#empty').waitFor();
    assert.equal((await page.request.get(`${world.base}grids/remove`)).status(), 404);
  },

  async 'options rebuild the picture and are in the address'(world) {
    const page = await row(world, 'options');
    await page.getByLabel('Width').fill('100');
    await sized(page, 3 * 100 + 8 + 8, 72);
    await page.getByLabel('Gap').fill('0');
    await page.getByLabel('Margin').fill('10');
    await sized(page, 320, 84);
    await page.getByLabel('Columns').fill('');
    await sized(page, 120, 3 * 64 + 20);
    await page.getByLabel('Format').selectOption('webp');
    await until('a WebP', () => page.locator('#picture').evaluate((picture) => picture.src.includes('.webp')));
    assert.match(page.url(), /width=100/);
    assert.match(page.url(), /format=webp/);
    await page.getByLabel('Title').fill('Summer & <b>sea</b>');
    await sized(page, 120, 3 * 64 + 20 + 24);
    await page.getByLabel('Number the photos').check();
    await sized(page, 120, 3 * (64 + 14) + 20 + 24);
    await page.getByLabel('Width').fill('0');
    assert.match(await page.locator('#options-why').textContent(), /^Width: /);
    await page.getByRole('button', { name: 'Back to the usual' }).click();
    await sized(page, 264, 3 * 256 + 8 + 8);
    assert.equal(await page.locator('#options-why').textContent(), '');
    assert(!page.url().includes('format='));
  },

  async 'an older answer never replaces a newer one'(world) {
    const page = await row(world, 'late');
    await page.route('**/generate_grid*tile=90x64*', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await route.continue().catch(() => {}); // the page has given it up
    });
    await page.getByLabel('Width').fill('90');
    await page.waitForTimeout(500);
    await page.getByLabel('Width').fill('80');
    await sized(page, 256, 72);
    await page.waitForTimeout(1800);
    await sized(page, 256, 72);
    assert(await page.locator('#busy').isHidden());
  },
};
