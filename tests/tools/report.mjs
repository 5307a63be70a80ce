// Opens a report in a headless Chromium, does what a reader does, and prints what came of it as one line of JSON.
//
//   node report.mjs FILE [--png PREFIX] [--tools DIR]
//
// With --png pictures are written to PREFIX-<theme>-<width>.png. Exit codes: 0 no error, 1 an error in the page or the page
// could not be driven, 2 wrong usage.

import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { CHROMIUM_FLAGS, LIMIT_MS, findChromium, readArguments, report } from './driver.mjs';

const VIEWPORT = { width: 1400, height: 1000 };
const PHONE = { width: 390, height: 800 };

const visible = (selector) => [...document.querySelectorAll(selector)].filter((found) => found.offsetParent !== null).length;

/** Scrolls through the page, so that everything comes into view, and waits until all of it is drawn. */
async function drawAll(page) {
  await page.evaluate(async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 500) {
      window.scrollTo({ top: y, behavior: 'instant' });
      await new Promise((done) => setTimeout(done, 30));
    }
    window.scrollTo({ top: 0, behavior: 'instant' });
  });
  await page.waitForFunction(() => [...document.querySelectorAll('[data-draw]')].every((place) => place.dataset.drawn));
}

async function texts(page, selector) {
  return page.$$eval(selector, (found) => found.map((one) => one.textContent.trim()));
}

async function drive(browser, file, png, errors) {
  const url = pathToFileURL(file).href;
  const page = await browser.newPage({ viewport: VIEWPORT });
  page.setDefaultTimeout(LIMIT_MS);
  page.on('pageerror', (error) => errors.push(`page error: ${error.message}`));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && errors.push(`console: ${message.text()}`));
  page.on('request', (request) => request.url() !== url && !request.url().startsWith('data:') && errors.push(`request: ${request.url()}`));
  await page.addInitScript(() => {
    window.shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shift += entry.value; })).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(url);
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'yes');
  const ready = await page.evaluate(() => performance.now());
  await page.waitForTimeout(500);
  const shift = await page.evaluate(() => window.shift);
  await drawAll(page);
  const result = {
    ready_ms: Math.round(ready),
    shift,
    headings: await texts(page, 'h2'),
    charts: await page.$$eval('.uplot canvas', (found) => found.length),
    flames: await page.$$eval('.flame svg', (found) => found.length),
    frames: await page.$$eval('.flame g', (found) => found.length),
  };

  // A range around the peak filters the sites and the flame graph of its run.
  const jump = page.locator('[data-do=peak]').first();
  if (await jump.count()) {
    await jump.click();
    result.range = await page.$$eval('[id^=range-] input', (inputs) => inputs.slice(0, 2).map((input) => input.value));
    result.range_sites = await texts(page, '.of-range tbody th');
    result.range_types = await texts(page, '.flame[data-profile=heap] select:first-of-type option');
    await page.locator('[data-do=whole]').first().click();
    result.sites_after = await page.$$eval('.of-range', (found) => found.length);
  }
  // Search, zoom, callers and callees, and the change from another run.
  const flame = page.locator('.flame').first();
  if (await flame.count()) {
    await flame.locator('input[type=search]').fill('insert');
    result.matched = await flame.locator('.controls [role=status]').textContent();
    result.hits = await flame.locator('g.hit').count();
    await flame.locator('input[type=search]').fill('');
    const before = await flame.locator('g').count();
    await flame.locator('g').nth(3).click();
    result.told = await flame.locator('.told').textContent();
    result.zoomed = (await flame.locator('g').count()) <= before;
    await flame.getByText('Callers and callees').click();
    result.sandwich = await flame.locator('svg').count();
    await flame.getByText('Reset zoom').click();
    const others = flame.locator('select[aria-label^=Difference]');
    if (await others.count()) {
      await others.selectOption({ index: 1 });
      result.difference = await flame.locator('.legend').textContent();
      await others.selectOption({ index: 0 });
    }
    await flame.locator('g').first().focus();
    await page.keyboard.press('ArrowDown');
    result.focused = await page.evaluate(() => document.activeElement.tagName.toLowerCase());
  }
  // A table is sorted by a click.
  const header = page.locator('table.sortable th button').nth(1);
  if (await header.count()) {
    await header.click();
    result.sorted = await page.$eval('table.sortable th[aria-sort]', (th) => th.getAttribute('aria-sort'));
  }
  for (const [theme, viewport] of [['light', VIEWPORT], ['dark', VIEWPORT], ['light', PHONE], ['dark', PHONE]]) {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize(viewport);
    await page.waitForTimeout(150);
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    (result.themes ??= []).push({ theme, width: viewport.width, paper, overflows: wide });
    if (png) await page.screenshot({ path: `${png}-${theme}-${viewport.width}.png`, fullPage: true });
  }
  // Without a script the text, the tables and the pictures are there.
  const plain = await browser.newContext({ javaScriptEnabled: false, viewport: VIEWPORT });
  const bare = await plain.newPage();
  await bare.goto(url);
  result.without_script = { tables: (await bare.$$('table')).length, pictures: (await bare.$$('figure.picture svg')).length, flames: (await bare.$$('.flame svg')).length };
  if (png) await bare.screenshot({ path: `${png}-plain.png`, fullPage: true });
  return result;
}

await report({}, async (errors, timeout) => {
  const { file, png, tools } = readArguments('png');
  const { chromium } = createRequire(path.join(tools, 'package.json'))('playwright-core');
  let browser;
  try {
    browser = await chromium.launch({ executablePath: findChromium(), headless: true, args: CHROMIUM_FLAGS, timeout: LIMIT_MS });
    return await Promise.race([drive(browser, file, png, errors), timeout]);
  } finally {
    await browser?.close().catch(() => {});
  }
});
