// Opens one profile in the real speedscope, in a headless Chromium, and prints what speedscope shows as one line of
// JSON: whether it loaded, the profiles in its menu, the active one, and the rows of the Sandwich view's table.
//
//   node speedscope.mjs FILE [--png OUT.png] [--tools DIR]
//
// FILE and the viewer are served from one loopback address, so the browser needs no other network. DIR is where
// install.sh put the viewer (target/tools). Exit codes: 0 loaded, 1 speedscope refused it or could not be driven,
// 2 wrong usage.

import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

import { CHROMIUM_FLAGS, LIMIT_MS, findChromium, readArguments, report } from './driver.mjs';

// The table draws only the rows in sight. Scrolling stops here, so that a huge profile ends as well.
const MAX_ROWS = 2_000;
const VIEWPORT = { width: 1400, height: 1000 };
const CONTENT_TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** Serves the viewer's folder at / and the one profile below /profile/; a name cannot leave that folder. */
function serve(viewer, file) {
  const profile = `/profile/${path.basename(file)}`;
  const server = createServer((request, response) => {
    const wanted = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    const inside = path.join(viewer, path.normalize(wanted === '/' ? '/index.html' : wanted));
    const source = wanted === profile ? file : inside;
    if (!statSync(source, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    // A .gz file is sent as it is: speedscope unpacks it itself, as it does with a file that is dropped on it.
    const type = wanted === profile ? 'application/octet-stream' : CONTENT_TYPES[path.extname(source)];
    response.writeHead(200, { 'content-type': type ?? 'application/octet-stream' });
    createReadStream(source).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve({ server, origin: `http://127.0.0.1:${server.address().port}`, profile }));
  });
}

/**
 * Runs in the page. The class names are generated, so the table is found by the words of its header, and the menu of
 * profiles, which is there only when the file holds more than one, by its "(1/2)".
 */
function readPage() {
  const text = (element) => element.textContent.trim();
  const heading = [...document.querySelectorAll('th')].find((th) => text(th) === 'Symbol Name');
  if (!heading) return null;
  const scroller = heading.closest('table').nextElementSibling;
  const rows = [...scroller.querySelectorAll('tr')].map((row) => {
    const [total, self, name] = [...row.children].map(text);
    return { name, total, self };
  });
  const counter = [...document.querySelectorAll('span > span')].find((span) => /^\(\d+\/\d+\)$/.test(text(span)));
  let active;
  let profiles;
  if (counter) {
    active = text(counter.parentElement).slice(0, -text(counter).length).trim();
    profiles = [...counter.parentElement.parentElement.querySelectorAll('tr[title]')].map((row) => row.title);
  } else {
    const tab = [...document.querySelectorAll('div')].find((div) => /Sandwich$/.test(text(div)) && !div.querySelector('div'));
    const toolbar = tab.parentElement.parentElement;
    active = [...toolbar.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join('').trim();
    profiles = [active];
  }
  return { active, profiles, rows, scrolled: scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1 };
}

/** Runs in the page: one screenful down. */
function scrollTable() {
  const heading = [...document.querySelectorAll('th')].find((th) => th.textContent.trim() === 'Symbol Name');
  const scroller = heading.closest('table').nextElementSibling;
  scroller.scrollTop += Math.max(20, scroller.clientHeight - 40);
}

async function drive(browser, origin, profile, png, errors) {
  const page = await browser.newPage({ viewport: VIEWPORT });
  page.setDefaultTimeout(LIMIT_MS);
  let failed;
  const failure = new Promise((_, reject) => {
    failed = (message) => {
      errors.push(message);
      reject(new Error(message));
    };
  });
  failure.catch(() => {});
  page.on('pageerror', (error) => failed(`page error: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && failed(`console: ${message.text()}`));
  // speedscope reports a file that it cannot read with alert().
  page.on('dialog', (dialog) => {
    failed(`alert: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });

  await page.goto(`${origin}/#profileURL=${encodeURIComponent(profile)}&view=sandwich`);
  const shown = page.waitForFunction(() => [...document.querySelectorAll('th')].some((th) => th.textContent.trim() === 'Symbol Name'));
  shown.catch(() => {});
  await Promise.race([shown, failure]);

  const frames = new Map();
  let view = await page.evaluate(readPage);
  for (;;) {
    for (const row of view.rows) if (!frames.has(row.name)) frames.set(row.name, row);
    if (view.scrolled || frames.size >= MAX_ROWS) break;
    await page.evaluate(scrollTable);
    await page.waitForTimeout(50);
    view = await page.evaluate(readPage);
  }
  if (png) {
    // A picture of the flamegraph says more than one of the table that was just printed.
    await page.keyboard.press('2');
    await page.waitForTimeout(500);
    await page.screenshot({ path: png });
  }
  return { profiles: view.profiles, active: view.active, frames: [...frames.values()] };
}

await report({ profiles: [], active: null, frames: [] }, async (errors, timeout) => {
  const { file, png, tools } = readArguments('png');
  const viewer = path.join(tools, 'node_modules/speedscope/dist/release');
  try {
    readFileSync(path.join(viewer, 'index.html'));
  } catch {
    throw new Error(`no speedscope in ${tools}: run tests/tools/install.sh`);
  }
  const { chromium } = createRequire(path.join(tools, 'package.json'))('playwright-core');
  const { server, origin, profile } = await serve(viewer, file);
  let browser;
  try {
    browser = await chromium.launch({ executablePath: findChromium(), headless: true, args: CHROMIUM_FLAGS, timeout: LIMIT_MS });
    return await Promise.race([drive(browser, origin, profile, png, errors), timeout]);
  } finally {
    await browser?.close().catch(() => {});
    server.closeAllConnections();
    server.close();
  }
});
