import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';

const run = promisify(execFile);
/** The distribution's own, which has the distribution's packages. */
const PYTHON = '/usr/bin/python3';
const peerScript = (name: string): string => new URL(`./${name}.py`, import.meta.url).pathname;

/** Gives back MD4 and RC4 to programs that take them from OpenSSL 3. */
const OPENSSL_CONF = new URL('./openssl-legacy.cnf', import.meta.url).pathname;

interface Program {
  readonly found: boolean;
  readonly title: string;
}

function program(name: string, whose: string, found: boolean, debianPackage: string): Program {
  return { found, title: `${name}, ${whose}${found ? '' : ` (skipped: not on this machine; Debian has it as ${debianPackage})`}` };
}

const succeeds = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { env: { ...process.env, OPENSSL_CONF } }).status === 0;
const features = spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '';

export const curl = program('curl', 'with NTLM', /\bNTLM\b/.test(features), 'curl');
export const gssNtlmssp = program(
  'gss-ntlmssp',
  'NTLM for GSSAPI',
  succeeds('sh', '-c', 'ls /usr/lib/*/gssntlmssp/gssntlmssp.so'),
  'gss-ntlmssp',
);
export const curlWithGss = program('curl --negotiate', 'with gss-ntlmssp', /\bSPNEGO\b/.test(features) && gssNtlmssp.found, 'gss-ntlmssp');
export const curlWithKerberos = program('curl --negotiate', 'with MIT Kerberos', /\bSPNEGO\b/.test(features), 'curl');
export const pythonGssapi = program('python3-gssapi', 'with MIT Kerberos', succeeds(PYTHON, '-c', 'import gssapi'), 'python3-gssapi');
export const winrmWithKerberos = program(
  'python3-winrm',
  'with requests-kerberos',
  succeeds(PYTHON, '-c', 'import winrm, requests_kerberos'),
  'python3-winrm and python3-requests-kerberos',
);
export const winrm = program(
  'python3-winrm',
  'with requests-ntlm',
  succeeds(PYTHON, '-c', 'import winrm, requests_ntlm, hashlib; hashlib.new("md4")'),
  'python3-winrm',
);

type Environment = Readonly<Record<string, string>>;

export interface CurlAnswer {
  /** Of all answers, those of the log-on first. */
  readonly statuses: readonly number[];
  /** Of the last answer. */
  readonly body: string;
  /** TCP connections that were opened. */
  readonly connections: number;
}

/** Posts documents to the same address, one after the other on the connection they share. @param env beside the process's own */
export async function curlPost(
  url: string,
  documents: readonly string[],
  args: readonly string[],
  env: Environment = {},
): Promise<CurlAnswer[]> {
  const directory = mkdtempSync(join(inject('runDirectory'), 'curl-'));
  const requests = documents.flatMap((document, index) => {
    const file = join(directory, `${index}.xml`);
    writeFileSync(file, document);
    const type = ['-H', 'Content-Type: application/soap+xml;charset=UTF-8'];
    const out = ['-o', join(directory, `${index}.out`), '-D', join(directory, `${index}.head`), '-w', '%{num_connects}\n'];
    return [...(index === 0 ? [] : ['--next']), '-s', ...args, ...type, ...out, '--data-binary', `@${file}`, url];
  });
  const { stdout } = await run('curl', requests, { env: { ...process.env, ...env } });
  const connections = stdout.trim().split('\n').map(Number);
  const read = (name: string): string => (existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : '');
  return documents.map((_document, index) => {
    const statuses = [...read(`${index}.head`).matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
    const body = read(`${index}.out`);
    return { statuses, body, connections: connections[index] ?? 0 };
  });
}

export type WinrmAnswer = { readonly body: string } | { readonly error: string; readonly words: string };

/** @param connection arguments of python3-winrm's `Protocol` */
export function winrmPost(
  connection: Readonly<Record<string, unknown>>,
  documents: readonly string[],
  env: Environment = {},
): Promise<WinrmAnswer[]> {
  return python<WinrmAnswer>('winrm-peer', { connection, documents }, env);
}

export interface GssapiRequest {
  readonly host: string;
  readonly port: number;
  /** Of the host. */
  readonly principal: string;
  readonly scheme: 'Kerberos' | 'Negotiate';
  readonly mechanism: 'kerberos' | 'spnego';
  readonly protocol: string;
  readonly documents: readonly string[];
  /** File with the authority: over TLS, and whether the log-on is to be bound to that. */
  readonly ca?: string;
  readonly bind?: boolean;
}

export type GssapiAnswer = { readonly logOn: number } | { readonly status: number; readonly contentType: string; readonly body: string };

/** Logs on by python3-gssapi and sends documents: sealed over HTTP, plain over TLS. */
export function gssapiPost(request: GssapiRequest, env: Environment): Promise<GssapiAnswer[]> {
  return python<GssapiAnswer>('gssapi-peer', request, env);
}

/** What a script printed, a JSON line an answer. */
function python<Answer>(script: string, input: unknown, env: Environment): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(PYTHON, ['-W', 'ignore', peerScript(script)], { env: { ...process.env, OPENSSL_CONF, ...env } });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => err.push(part));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(Buffer.concat(err).toString()));
      const lines = Buffer.concat(out).toString().trim().split('\n');
      resolve(lines.map((line) => JSON.parse(line) as Answer));
    });
    child.stdin.end(JSON.stringify(input));
  });
}
