// Loads one file with the Firefox Profiler's own code, its command-line interface, and prints as one line of JSON what it
// made of it: for each thread the weights' type, their sum, and the functions with theirs.
//
//   node firefox.mjs FILE [--threads NAME,...] [--tools DIR]
//
// With --threads only these threads are read. DIR is where install.sh put the profiler (target/tools). Exit codes: 0
// loaded, 1 the profiler refused it or could not be driven, 2 wrong usage.

import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { readArguments, report } from './driver.mjs';

// Each question starts node anew, which a busy machine takes seconds for.
const LIMIT_MS = 300_000;
const SESSION = ['--session', 'interop'];
const MOST_OUTPUT = 1 << 28;

/** Whether the server listens. A question before that finds a session without a server, and clears it away for good. */
function listens(log) {
  try {
    return readFileSync(log, 'utf8').includes('Daemon ready');
  } catch {
    return false;
  }
}

async function drive(ask, server, log, wanted) {
  let ended = null;
  server.once('exit', (code) => (ended = code));
  while (!listens(log) && ended === null) await sleep(50);
  // It answers once it listens, and then says itself whether the file was loaded.
  const until = Date.now() + LIMIT_MS;
  let list;
  while (!list) {
    try {
      list = await ask('thread', 'list');
    } catch (error) {
      const words = error.stderr?.trim() || error.message;
      if (ended !== null || words.includes('load failed') || Date.now() > until) throw new Error(words);
      await sleep(200);
    }
  }
  const threads = [];
  for (const { threadHandle, name } of list.threads.filter((thread) => wanted?.includes(thread.name) ?? true)) {
    const read = await ask('thread', 'functions', '--thread', threadHandle, '--include-idle', '--limit', '1000000');
    const functions = read.functions.map((row) => ({ name: row.name, own: row.selfSamples, total: row.totalSamples }));
    threads.push({ name, weights: read.weightType, total: functions.reduce((sum, row) => sum + row.own, 0), functions });
  }
  return { threads };
}

await report({ threads: [] }, async (errors, timeout) => {
  const { file, threads, tools } = readArguments('threads');
  const profiler = path.join(tools, 'node_modules/@firefox-devtools/profiler-cli/dist/profiler-cli.js');
  if (!statSync(profiler, { throwIfNoEntry: false })?.isFile()) {
    throw new Error(`no profiler-cli in ${tools}: run tests/tools/install.sh`);
  }
  // Short, as it has the socket.
  const sessions = mkdtempSync(path.join(os.tmpdir(), 'fx-'));
  const env = { ...process.env, PROFILER_CLI_SESSION_DIR: sessions, PROFILER_CLI_NO_SYMBOLICATE: '1' };
  const server = spawn(process.execPath, [profiler, '--daemon', file, ...SESSION], { env, stdio: 'ignore' });
  const ask = async (...command) => {
    const options = { env, maxBuffer: MOST_OUTPUT };
    const said = await promisify(execFile)(process.execPath, [profiler, ...command, '--json', ...SESSION], options);
    return JSON.parse(said.stdout);
  };
  try {
    return await Promise.race([drive(ask, server, path.join(sessions, 'interop.log'), threads?.split(',')), timeout]);
  } finally {
    server.kill();
    rmSync(sessions, { recursive: true, force: true });
  }
}, LIMIT_MS);
