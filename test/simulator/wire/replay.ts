import { readFileSync } from 'node:fs';
import { type HttpAnswer, post } from './client.ts';

/** Sends a recorded request (`fixtures/*.http`) to another server; `change` may fill in what only this server knows, such as a context. */
export function replayTo(serverUrl: string, name: string, change: (body: string) => string = (body) => body): Promise<HttpAnswer> {
  const text = readFileSync(new URL(`./fixtures/${name}.http`, import.meta.url), 'utf8');
  const blank = text.indexOf('\n\n');
  const [requestLine = '', ...headerLines] = text.slice(0, blank).split('\n');
  const headers = Object.fromEntries(
    headerLines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const url = new URL(requestLine.split(' ')[1] ?? '', serverUrl);
  return post(url.href, change(text.slice(blank + 2)), { headers: { authorization: undefined, ...headers } });
}
