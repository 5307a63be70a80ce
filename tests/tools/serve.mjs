// Opens a served folder of runs in a headless Chromium, chooses runs, and waits for one to land.
//
//   node serve.mjs FILE --from RUN --to PLACE [--png PREFIX] [--tools DIR]
//
// FILE holds the address of the list. The folder RUN is renamed to PLACE while the list is open. Prints one line of JSON.
// Exit codes: 0 no error, 1 an error in a page or it could not be driven, 2 wrong usage.

import { readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { CHROMIUM_FLAGS, LIMIT_MS, findChromium, readArguments, report } from './driver.mjs';

const VIEWPORT = { width: 1400, height: 900 };

async function names(page) {
  return page.$$eval('table.runs input', (found) => found.map((box) => box.value));
}

async function drive(browser, { file, from, to, png }, errors) {
  const url = readFileSync(file, 'utf8');
  const page = await browser.newPage({ viewport: VIEWPORT });
  page.setDefaultTimeout(LIMIT_MS);
  page.on('pageerror', (error) => errors.push(`page error: ${error.message}`));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && errors.push(`console: ${message.text()}`));
  page.on('request', (request) => !request.url().startsWith(url) && !request.url().startsWith('data:') && errors.push(`request: ${request.url()}`));
  await page.goto(url);
  const result = { before: await names(page) };
  await page.locator('input[value="churn/std"]').check();
  renameSync(from, to);
  await page.waitForFunction(() => document.querySelectorAll('table.runs input').length === 3);
  result.after = await names(page);
  result.still_ticked = await page.$$eval('table.runs input:checked', (found) => found.map((box) => box.value));
  if (png) {
    await page.screenshot({ path: `${png}-list.png`, fullPage: true });
    await page.setViewportSize({ width: 390, height: 800 });
    await page.screenshot({ path: `${png}-list-phone.png`, fullPage: true });
    await page.setViewportSize(VIEWPORT);
  }
  await page.locator('input[value="churn/hashbrown"]').check();
  await page.getByRole('button', { name: 'Report' }).click();
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'yes');
  result.report = await page.$$eval('h2', (found) => found.map((one) => one.textContent.trim()));
  await page.goBack();
  await page.locator('input[value="churn/std"]').check();
  await page.locator('input[value="churn/btree"]').check();
  await page.getByRole('button', { name: 'Compare' }).click();
  result.compared = await page.locator('table.sortable').first().textContent();
  if (png) await page.screenshot({ path: `${png}-compare.png`, fullPage: true });
  await page.getByRole('link', { name: 'All runs' }).click();
  await page.locator('input[value="churn/std"]').check();
  await page.locator('input[value="churn/btree"]').check();
  await page.locator('input[value="churn/hashbrown"]').uncheck();
  await page.getByRole('button', { name: 'Difference' }).click();
  result.difference = await page.locator('main').textContent();
  if (png) await page.screenshot({ path: `${png}-diff.png`, fullPage: true });
  return result;
}

await report({}, async (errors, timeout) => {
  const given = readArguments('from', 'to', 'png');
  const { chromium } = createRequire(path.join(given.tools, 'package.json'))('playwright-core');
  let browser;
  try {
    browser = await chromium.launch({ executablePath: findChromium(), headless: true, args: CHROMIUM_FLAGS, timeout: LIMIT_MS });
    return await Promise.race([drive(browser, given, errors), timeout]);
  } finally {
    await browser?.close().catch(() => {});
  }
});
