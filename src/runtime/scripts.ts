import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisConnection } from '../redis/connection.ts';

/** Lua scripts of this folder; each file opens with its contract. What they share stands in `prelude.lua`. */
export type ScriptName =
  | 'commit'
  | 'claim'
  | 'epoch'
  | 'take-slots'
  | 'hold-lease'
  | 'hold-vms'
  | 'release-vms'
  | 'create-run'
  | 'publish-run'
  | 'abandon-run'
  | 'remove-run'
  | 'unlist-run';

const texts = new Map<ScriptName, { readonly text: string; readonly sha: string }>();

function read(name: string): string {
  return readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
}

function load(name: ScriptName): { readonly text: string; readonly sha: string } {
  let script = texts.get(name);
  if (!script) {
    const text = read('prelude') + read(name);
    script = { text, sha: createHash('sha1').update(text).digest('hex') };
    texts.set(name, script);
  }
  return script;
}

/** Runs a script by its hash; sends its text only when this server does not know it (a new server, or one that was flushed). */
export async function runScript(
  redis: RedisConnection,
  name: ScriptName,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const { text, sha } = load(name);
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return await redis.eval(text, keys.length, ...keys, ...args);
  }
}
