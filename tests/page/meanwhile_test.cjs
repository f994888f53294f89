// SPDX-License-Identifier: MIT
// What people do while something is still under way: the page shows in the end what the service has.
'use strict';

const assert = require('assert/strict');
const { until, sized } = require('./harness.cjs');

const LATENCY_MS = 1000;
const COLOURS = ['red', 'green', 'blue'];

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const listed = (page) => page.locator('#photos > li').count();
const stored = (page, count) => until(`${count} photos stored`, async () => await page.locator('#photos > li[data-state=stored]').count() === count);

function files({ file }, count) {
  return Array.from({ length: count }, (_, index) => file(`${COLOURS[index % COLOURS.length]}.png`));
}

async function keysOf(page, { base }, grid) {
  const answer = await page.request.get(`${base}grids/${grid}`);
  return answer.status() === 404 ? [] : (await answer.json()).keys;
}

/** Adds photos to a grid as others do it: without the page. */
async function fill(page, { base, bytes }, grid, colours) {
  for (const colour of colours) {
    const answer = await page.request.post(`${base}add_image?uniqueGridId=${grid}`, { headers: { 'Content-Type': 'image/png' }, data: bytes(`${colour}.png`) });
    assert.equal(answer.status(), 200);
  }
}

/** Requests to addresses of this pattern reach the service late. */
function delay(page, pattern, ms) {
  return page.route(pattern, async (route) => {
    await sleep(ms);
    await route.continue().catch(() => {}); // the page has given it up
  });
}

/** The service answers such requests at once, and the page hears it late. */
function delayAnswer(page, pattern, ms) {
  return page.route(pattern, async (route) => {
    const response = await route.fetch();
    await sleep(ms);
    await route.fulfill({ response });
  });
}

/** The same for requests that send a file, whose bodies Playwright does not know. */
function delayAnswersToFiles(page, ms) {
  return page.evaluate((late) => {
    const { send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.send = function sendAndHearLate(body) {
      const hear = this.onload;
      if (body instanceof File) this.onload = () => setTimeout(hear, late);
      send.call(this, body);
    };
  }, ms);
}

/** The same for all requests. */
async function delayAnswers(page) {
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: LATENCY_MS, downloadThroughput: -1, uploadThroughput: -1 });
}

async function removeFirst(page) {
  await page.locator('#photos > li').first().hover();
  await page.locator('#photos .remove').first().click();
}

async function leaveAndReturn(page) {
  await page.locator('#grid-new').click();
  await page.locator('#empty').waitFor();
  await page.goBack();
}

/** The page shows as many photos as the service has of the grid, and so does another browser. */
async function settled(page, world, grid, count) {
  await until('no photo on its way', async () => await page.locator('#photos > li:not([data-state=stored])').count() === 0);
  await until(`${count} photos at the service`, async () => (await keysOf(page, world, grid)).length === count);
  await page.waitForTimeout(2 * LATENCY_MS); // whatever comes late
  assert.equal((await keysOf(page, world, grid)).length, count);
  assert.equal(await listed(page), count);
  await stored(await world.browser.open(world.url(grid), { forgive: [/404/] }), count);
}

module.exports = {
  async 'photos added while the list of a grid is loading stay, and keep its order'(world) {
    const grid = 'loading';
    const page = await world.browser.open(world.url('elsewhere'), { forgive: [/404/] });
    await fill(page, world, grid, ['red', 'green']);
    const [red, green] = await keysOf(page, world, grid);
    await page.evaluate((order) => localStorage.setItem('tessera-order', JSON.stringify([order])), [grid, [green, red]]);
    await delayAnswer(page, `**/grids/${grid}?*`, 2000);
    await page.goto(world.url(grid));
    await page.waitForTimeout(300);
    await page.locator('#files').setInputFiles(files(world, 3));
    await stored(page, 5);
    await sized(page, 2 * 256 + 12, 3 * 256 + 16);
    const titles = await page.locator('#photos .photo').evaluateAll((all) => all.map((photo) => photo.title));
    assert(titles[0].includes(green) && titles[1].includes(red), titles.join('; '));
    await page.unroute(`**/grids/${grid}?*`);
    await settled(page, world, grid, 5);
    await page.reload();
    await stored(page, 5);
    assert((await page.locator('#photos .photo').first().getAttribute('title')).includes(green), 'the order is kept');
  },

  async 'who leaves a grid during uploads finds all of them on coming back'(world) {
    const grid = 'left';
    const page = await world.browser.open(world.url(grid), { forgive: [/404/] });
    await delay(page, '**/add_image*', 400);
    await page.locator('#files').setInputFiles(files(world, 12));
    await page.waitForTimeout(700);
    await leaveAndReturn(page);
    await stored(page, 12);
    await settled(page, world, grid, 12);
  },

  async 'an upload that failed can be tried again after coming back'(world) {
    const grid = 'left-failed';
    const page = await world.browser.open(world.url(grid), { forgive: [/404/, /ERR_/] });
    await page.route('**/add_image*', (route) => route.abort());
    await page.locator('#files').setInputFiles(files(world, 1));
    await page.locator('#photos > li[data-state=failed]').waitFor();
    await page.unroute('**/add_image*');
    await leaveAndReturn(page);
    await page.getByRole('button', { name: 'Try again to upload red.png' }).click();
    await settled(page, world, grid, 1);
  },

  async 'a photo that the service lists before it answers its upload is shown once'(world) {
    const grid = 'listed-early';
    const page = await world.browser.open(world.url(grid), { forgive: [/404/] });
    await delayAnswersToFiles(page, 1500);
    await page.locator('#files').setInputFiles(files(world, 1));
    await until('the service has it', async () => (await keysOf(page, world, grid)).length === 1);
    await leaveAndReturn(page);
    await settled(page, world, grid, 1);
  },

  async 'a photo removed when the service listed it before it answered its upload is gone'(world) {
    const grid = 'removed-twin';
    const page = await world.browser.open(world.url(grid), { forgive: [/404/] });
    await delayAnswersToFiles(page, 3000);
    await page.locator('#files').setInputFiles(files(world, 1));
    await until('the service has it', async () => (await keysOf(page, world, grid)).length === 1);
    await leaveAndReturn(page);
    await stored(page, 1);
    await page.locator('#photos > li[data-state=stored]').hover();
    await page.locator('#photos > li[data-state=stored] .remove').click();
    await settled(page, world, grid, 0);
  },

  async 'a photo removed while its upload is answered does not come back'(world) {
    const grid = 'removed-early';
    const page = await world.browser.open(world.url(grid), { forgive: [/404/] });
    await delayAnswers(page);
    await page.locator('#files').setInputFiles(files(world, 2));
    await page.waitForTimeout(LATENCY_MS / 2);
    await removeFirst(page);
    assert.equal(await listed(page), 1);
    await settled(page, world, grid, 1);
  },

  async 'a photo removed early is not seen again by who leaves its grid and comes back'(world) {
    const grid = 'removed-left';
    const page = await world.browser.open(world.url(grid), { forgive: [/404/] });
    await delayAnswers(page);
    await page.locator('#files').setInputFiles(files(world, 2));
    await page.waitForTimeout(LATENCY_MS / 2);
    await removeFirst(page);
    await leaveAndReturn(page);
    await settled(page, world, grid, 1);
  },

  async 'all photos removed while they are uploaded are gone'(world) {
    const grid = 'removed-all';
    const page = await world.browser.open(world.url(grid), { forgive: [/404/] });
    await delayAnswers(page);
    await page.locator('#files').setInputFiles(files(world, 5));
    await page.waitForTimeout(LATENCY_MS / 2);
    await page.locator('#remove-all').click();
    await page.locator('#sure-dialog button[value=ok]').click();
    await settled(page, world, grid, 0);
  },

  async 'a large photo removed before its bytes are sent leaves nothing behind'(world) {
    const grid = 'removed-large';
    const page = await world.browser.open(world.url(grid), { forgive: [/404/] });
    await delayAnswers(page);
    await page.locator('#files').setInputFiles(world.file('large.png'));
    await until('the service has a key for it', async () => (await keysOf(page, world, grid)).length === 1);
    await removeFirst(page);
    await settled(page, world, grid, 0);
    assert(!page.requested.some((line) => line.startsWith('PUT /objects/')), 'nor is it sent');
  },

  async 'a large photo removed while its bytes are sent leaves nothing behind'(world) {
    const grid = 'removed-half';
    const page = await world.browser.open(world.url(grid), { forgive: [/404/] });
    await delay(page, '**/objects/**', 1000);
    await page.locator('#files').setInputFiles(world.file('large.png'));
    await until('it is being sent', () => page.requested.some((line) => line.startsWith('PUT /objects/')));
    await removeFirst(page);
    await settled(page, world, grid, 0);
  },

  async 'a large photo removed when all its bytes are sent is taken out after the answer'(world) {
    const grid = 'removed-sent';
    const page = await world.browser.open(world.url(grid), { forgive: [/404/] });
    const heard = [];
    page.on('requestfinished', (request) => heard.push(request.method()));
    await delayAnswers(page);
    await page.locator('#files').setInputFiles(world.file('large.png'));
    await until('all of it sent', () => page.evaluate(() => document.querySelector('#photos progress')?.value === 1));
    assert.equal(await page.locator('#photos > li[data-state=sending]').count(), 1);
    await removeFirst(page);
    await settled(page, world, grid, 0);
    assert(heard.includes('PUT') && heard.indexOf('PUT') < heard.indexOf('DELETE'), heard.join());
  },
};
