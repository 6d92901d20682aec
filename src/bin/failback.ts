#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { startWorker } from '../../workers/worker.ts';
import type { CliParts } from '../cli/parts.ts';
import { runCli } from '../cli/program.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { connectHost } from './connect-host.ts';
import { listenToSignals } from './signals.ts';

const hosts = { environment: process.env, warn: (message: string) => void process.stderr.write(`warning: ${message}\n`) };

const parts: CliParts = {
  version: productVersion(),
  env: process.env,
  operator: `${userName()}@${hostname()}`,
  now: Date.now,
  connectHost: (host) => connectHost(host, hosts),
  startWorker: ({ redis, hosts: served, runs, concurrency, log }) =>
    startWorker({
      redis,
      hosts: served,
      runs,
      log,
      connectHost: (host) => connectHost(host, { environment: process.env, warn: (message) => log.warn(message) }),
      ...(concurrency === undefined ? {} : { concurrency }),
    }),
  startSimulator,
};

const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, onInterrupt: listenToSignals() };
const code = await runCli(process.argv.slice(2), io, parts);
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(code);

/** Resolves when everything written so far has left the process. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // An account without an entry in the user database, as in some containers.
    return String(process.getuid?.() ?? 'unknown');
  }
}

/** From the package's own file, two or three folders up: sources and build are at different depths. */
function productVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    const file = new URL(path, import.meta.url);
    if (!existsSync(file)) continue;
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: string };
    if (version !== undefined) return version;
  }
  return 'unknown';
}
