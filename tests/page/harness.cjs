// SPDX-License-Identifier: MIT
// What the page's test stands on: a browser that is there already, pages that note all they do wrong, and waiting.
//
// A page opened here fails the test when its console shows an error, when a script throws, or when it asks any other
// host than the service's; what a test provokes on purpose it forgives by a pattern.
'use strict';

const path = require('path');

const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

class Browser {
  constructor(playwright, executable, folder) {
    this.playwright = playwright;
    this.executable = executable;
    this.folder = folder;
    this.contexts = [];
    this.complaints = [];
  }

  /** A fresh browser profile on the page at `url`; options as Playwright's newContext(). */
  async open(url, { forgive = [], ...options } = {}) {
    this.browser ??= await this.playwright.chromium.launch({ executablePath: this.executable, args: ARGUMENTS });
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    const host = new URL(url).host;
    page.forgiven = forgive;
    page.requested = [];
    const complain = (words) => { if (!page.forgiven.some((pattern) => pattern.test(words))) this.complaints.push(words); };
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complain(`console: ${message.text()}`); });
    page.on('pageerror', (error) => complain(`script: ${error.stack}`));
    page.on('request', (request) => {
      const to = new URL(request.url());
      page.requested.push(`${request.method()} ${to.pathname}${to.search}`);
      if (to.protocol.startsWith('http') && to.host !== host) complain(`asked another host: ${request.url()}`);
    });
    this.contexts.push(context);
    await page.goto(url);
    await page.locator('#empty:visible, #result:visible, dialog[open]').first().waitFor(); // its scripts have run
    return page;
  }

  async shot(page, name, options = {}) {
    await page.screenshot({ path: path.join(this.folder, `${name}.png`), ...options });
  }

  async closeAll() {
    for (const context of this.contexts.splice(0)) await context.close();
  }

  async end() {
    await this.closeAll();
    await this.browser?.close();
  }
}

/** Waits until `look` returns something true, and returns that. */
async function until(what, look, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** Natural size of the grid that is seen, once it has that size. */
function sized(page, width, height) {
  return until(`a picture of ${width} x ${height}`, () => page.evaluate(([w, h]) => {
    const picture = document.getElementById('picture');
    return !picture.hidden && picture.complete && picture.naturalWidth === w && picture.naturalHeight === h;
  }, [width, height])).catch(async (error) => {
    const now = await page.evaluate(() => {
      const picture = document.getElementById('picture');
      return `${picture.naturalWidth} x ${picture.naturalHeight}; ${document.getElementById('notice-text').textContent}`;
    });
    throw new Error(`${error.message}; it is ${now}`);
  });
}

/** The colour in the middle of a cell of the grid: "red", "green", "blue", or what it is. */
function colourOf(page, cell, columns, tile, gap = 4, margin = 4) {
  return page.evaluate(async ([at, across, side, space, edge]) => {
    const picture = document.getElementById('picture');
    await picture.decode();
    const canvas = document.createElement('canvas');
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    const x = edge + (at % across) * (side + space) + side / 2;
    const y = edge + Math.floor(at / across) * (side + space) + side / 2;
    const [red, green, blue] = context.getImageData(x, y, 1, 1).data;
    if (red > 150 && green < 100 && blue < 100) return 'red';
    if (green > 150 && red < 100 && blue < 100) return 'green';
    if (blue > 150 && red < 100 && green < 100) return 'blue';
    return `rgb(${red},${green},${blue})`;
  }, [cell, columns, tile, gap, margin]);
}

/** WCAG contrast of an element's text against what is painted behind it. */
function contrast(page, selector) {
  return page.locator(selector).first().evaluate((element) => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
    const light = (colour) => colour.slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    // Everything that is painted behind it, the nearest last; what is transparent lets the one before it through.
    const layers = [];
    for (let behind = element; behind && (layers[0]?.[3] ?? 0) < 255; behind = behind.parentElement) layers.unshift(rgba(getComputedStyle(behind).backgroundColor));
    const painted = layers.reduce((below, over) => below.map((part, index) => part + ((over[index] - part) * over[3]) / 255), [255, 255, 255]);
    const [one, other] = [light(rgba(getComputedStyle(element).color)), light(painted)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  });
}

module.exports = { Browser, until, sized, colourOf, contrast };
