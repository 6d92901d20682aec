import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Endpoint } from './local-endpoint.ts';

const NAME = /^endpoint-(\d+)\.json$/;
const SCHEMA = z.object({ port: z.number().int().positive(), password: z.string().min(1) });

/** The endpoint all processes use for one directory. A later generation replaces an earlier one. */
export interface EndpointRecord {
  readonly generation: number;
  readonly endpoint: Endpoint;
}

/** The current record; undefined when no server was ever started in the directory. */
export function readRecord(directory: string): EndpointRecord | undefined {
  const generations = readdirSync(directory).flatMap((name) => Number(NAME.exec(name)?.[1] ?? []));
  if (generations.length === 0) return undefined;
  const generation = Math.max(...generations);
  const endpoint = SCHEMA.parse(JSON.parse(readFileSync(fileOf(directory, generation), 'utf8')));
  return { generation, endpoint };
}

/**
 * Replaces the record, keeping the password. When another process replaced it first, nothing happens: whoever reads next
 * gets the one record that won.
 */
export function replaceRecord(directory: string, before: EndpointRecord | undefined, port: number): void {
  const generation = (before?.generation ?? 0) + 1;
  const endpoint: Endpoint = { port, password: before?.endpoint.password ?? randomBytes(24).toString('hex') };
  const draft = join(directory, `endpoint.${process.pid}.${randomBytes(4).toString('hex')}`);
  writeFileSync(draft, `${JSON.stringify(endpoint)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, fileOf(directory, generation));
    if (before !== undefined) rmSync(fileOf(directory, before.generation), { force: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function fileOf(directory: string, generation: number): string {
  return join(directory, `endpoint-${generation}.json`);
}
