// What the drivers of the outside viewers share: their arguments, the browser, and the line of JSON that they print.

import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const LIMIT_MS = 60_000;
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // speedscope draws its flamegraphs with WebGL, which a machine without a GPU has only in software.
  '--enable-unsafe-swiftshader',
];

/** The one FILE, the folder of the viewers, and what was given for `options`, which are all strings. */
export function readArguments(...options) {
  const fail = (message) => {
    const name = path.basename(process.argv[1]);
    const flags = [...options, 'tools'].map((option) => ` [--${option} VALUE]`).join('');
    process.stderr.write(`error: ${message}\nusage: node ${name} FILE${flags}\n`);
    process.exit(2);
  };
  let parsed;
  try {
    const known = [...options, 'tools'].map((option) => [option, { type: 'string' }]);
    parsed = parseArgs({ allowPositionals: true, options: Object.fromEntries(known) });
  } catch (error) {
    fail(error.message);
  }
  if (parsed.positionals.length !== 1) fail('exactly one FILE is needed');
  const file = path.resolve(parsed.positionals[0]);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) fail(`${file} is not a file`);
  const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
  const target = process.env.CARGO_TARGET_DIR ?? path.join(repository, 'target');
  return { ...parsed.values, file, tools: path.resolve(parsed.values.tools ?? path.join(target, 'tools')) };
}

export function findChromium() {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // Not under this name.
    }
  }
  throw new Error('no chromium on the PATH: run tests/tools/install.sh');
}

/**
 * Prints what `drive` found within the time limit, and whether there were errors: those that it adds to the list it is
 * given, and the one that it throws. Sets the exit code.
 */
export async function report(nothing, drive, limit = LIMIT_MS) {
  const errors = [];
  let result = nothing;
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limit / 1000} s`)), limit);
  });
  timeout.catch(() => {});
  try {
    result = await drive(errors, timeout);
  } catch (error) {
    if (!errors.includes(error.message)) errors.push(error.message);
  } finally {
    clearTimeout(timer);
  }
  const loaded = errors.length === 0;
  process.stdout.write(`${JSON.stringify({ loaded, ...result, errors })}\n`);
  process.exitCode = loaded ? 0 : 1;
}
