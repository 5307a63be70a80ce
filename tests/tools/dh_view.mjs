// Opens one DHAT file in Valgrind's own viewer, in a headless Chromium, and prints as one line of JSON what the viewer made
// of it: the sums of its root, the number of its leaves, the metrics that it offers, and the text of the first one.
//
//   node dh_view.mjs FILE [--tools DIR]
//
// DIR is where install.sh put the browser's driver (target/tools). Exit codes: 0 loaded, 1 the viewer refused it or could
// not be driven, 2 wrong usage.

import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { CHROMIUM_FLAGS, LIMIT_MS, findChromium, readArguments, report } from './driver.mjs';

const PLACES = ['/usr/libexec/valgrind/dh_view.html', '/usr/lib/valgrind/dh_view.html'];

/** Runs in the page: what the viewer read. Its names are those of dh_view.js. */
function readTree() {
  const leaves = (node) => (node._kids ? node._kids.map(leaves).reduce((a, b) => a + b, 0) : 1);
  return {
    leaves: leaves(gRoot),
    total: [gRoot._totalBytes, gRoot._totalBlocks],
    peak: [gRoot._atTGmaxBytes, gRoot._atTGmaxBlocks],
    end: [gRoot._atTEndBytes, gRoot._atTEndBlocks],
  };
}

/** Runs in the page: shows the tree by each metric that is not disabled. */
function readMetrics() {
  const metrics = [...gSelect.options].filter((option) => !option.disabled);
  const texts = metrics.map((option) => {
    gSelect.value = option.value;
    changeSortMetric();
    return gMainDiv.textContent;
  });
  return { metrics: metrics.map((option) => option.label || option.text), text: texts[0] };
}

async function drive(page, viewer, file, errors) {
  page.on('pageerror', (error) => errors.push(`page error: ${error.message}`));
  await page.goto(pathToFileURL(viewer).href);
  await page.setInputFiles('input[type=file]', file);
  await page.waitForFunction(() => document.querySelector('pre, span.error'), undefined, { timeout: LIMIT_MS });
  const refused = await page.$('span.error');
  if (refused) throw new Error(await refused.textContent());
  return { ...(await page.evaluate(readTree)), ...(await page.evaluate(readMetrics)) };
}

await report({}, async (errors, timeout) => {
  const { file, tools } = readArguments();
  const viewer = PLACES.find((place) => statSync(place, { throwIfNoEntry: false })?.isFile());
  if (!viewer) throw new Error('no dh_view.html: run tests/tools/install.sh');
  const { chromium } = createRequire(path.join(tools, 'package.json'))('playwright-core');
  const browser = await chromium.launch({ executablePath: findChromium(), headless: true, args: CHROMIUM_FLAGS, timeout: LIMIT_MS });
  try {
    return await Promise.race([drive(await browser.newPage(), viewer, file, errors), timeout]);
  } finally {
    await browser.close().catch(() => {});
  }
});
