// SPDX-License-Identifier: MIT
// Runs the page's tests in a browser against services that tests/e2e/page.py has started.
//
//     node page_test.cjs SETTINGS.json [WORD]    only tests whose names hold the word
'use strict';

const fs = require('fs');
const path = require('path');
const { Browser } = require('./harness.cjs');

const settings = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const word = process.argv[3] ?? '';
const playwright = require(settings.playwright);

async function main() {
  const browser = new Browser(playwright, settings.chromium, settings.folder);
  const file = (name) => path.join(settings.folder, name);
  const world = {
    browser,
    file,
    base: settings.url,
    url: (grid) => `${settings.url}?grid=${encodeURIComponent(grid)}`,
    bytes: (name) => fs.readFileSync(file(name)),
    tokenUrl: settings.token_url,
    token: settings.token,
    doomedUrl: settings.doomed_url,
    endDoomed: () => process.kill(settings.doomed_pid, 'SIGKILL'),
  };
  const tests = ['upload', 'meanwhile', 'arrange', 'trouble', 'looks'].flatMap((part) => Object.entries(require(`./${part}_test.cjs`)));
  let failed = 0;
  for (const [name, test] of tests.filter(([each]) => each.includes(word))) {
    const began = Date.now();
    try {
      await test(world);
      if (browser.complaints.length) throw new Error(browser.complaints.join('\n'));
      console.log(`ok   ${name} (${Date.now() - began} ms)`);
    } catch (error) {
      failed++;
      console.log(`FAIL ${name}\n${error.stack}`);
      for (const complaint of browser.complaints) console.log(`     ${complaint}`);
      const page = browser.contexts.at(-1)?.pages()[0];
      if (page) await browser.shot(page, `failure-${failed}`).catch(() => {});
    }
    browser.complaints.length = 0;
    await browser.closeAll();
  }
  await browser.end();
  return failed;
}

main().then((failed) => process.exit(failed ? 1 : 0), (error) => { console.error(error); process.exit(1); });
