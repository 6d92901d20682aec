import { readFileSync } from 'node:fs';

/** A log-on by Negotiate and one sealed enumeration, recorded between OMI's own client and server. User `hvadmin` of the domain `vm`. */
export interface RecordedMessage {
  /** Value of Content-Type. */
  readonly contentType: string;
  /** What stands behind `Negotiate` in the header that carries tokens; null without one. */
  readonly token: Buffer | null;
  readonly body: Buffer;
}

export const OMI_PASSWORD = 'Passw0rd!';

/** All messages in the order in which they travelled, client and host by turns. Bodies are binary. */
export function recordedLogOn(): RecordedMessage[] {
  const file = read('omi-negotiate-ntlm.recording');
  const messages: RecordedMessage[] = [];
  for (let at = file.indexOf('######## '); at >= 0; at = file.indexOf('######## ', at)) {
    const start = file.indexOf('\n', at) + 1;
    const bodyAt = file.indexOf('\r\n\r\n', start) + 4;
    const head = file.toString('latin1', start, bodyAt);
    at = bodyAt + Number(/^Content-Length: *(\d+)/m.exec(head)?.[1]);
    const token = /^(?:WWW-Authenticate|Authorization): Negotiate (.+)$/m.exec(head)?.[1];
    messages.push({
      contentType: /^Content-Type: (.+)\r$/m.exec(head)?.[1] ?? '',
      token: token === undefined ? null : Buffer.from(token, 'base64'),
      body: file.subarray(bodyAt, at),
    });
  }
  return messages;
}

/** The two sealed messages as they were before: the client's, and the host's. */
export function recordedPlainText(): [client: Buffer, host: Buffer] {
  const [, client = '', host = ''] = read('omi-negotiate-ntlm.plain')
    .toString('latin1')
    .split(/### message \d .*\n/);
  // One line end is the recorder's behind the first message, and one behind the second.
  return [Buffer.from(client.replace(/\n\n$/, ''), 'latin1'), Buffer.from(host.replace(/\n+$/, ''), 'latin1')];
}

function read(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}
