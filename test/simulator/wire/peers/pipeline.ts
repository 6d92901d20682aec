import type { Socket } from 'node:net';

/** A request as it travels. @param headers each with the end of its line */
export function httpRequest(body: Buffer | string, headers: string): Buffer {
  const head = `POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${headers}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

/** Reads one answer of a connection after the other. */
export function httpAnswers(socket: Socket): () => Promise<{ readonly head: string; readonly body: Buffer }> {
  let bytes = Buffer.alloc(0);
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const more = async (): Promise<void> => {
    const { done, value } = await chunks.next();
    if (done) throw new Error('the connection ended');
    bytes = Buffer.concat([bytes, value]);
  };
  return async () => {
    while (!bytes.includes('\r\n\r\n')) await more();
    const start = bytes.indexOf('\r\n\r\n') + 4;
    const head = bytes.toString('latin1', 0, start);
    const end = start + Number(/^Content-Length: (\d+)/m.exec(head)?.[1]);
    while (bytes.length < end) await more();
    const body = bytes.subarray(start, end);
    bytes = bytes.subarray(end);
    return { head, body };
  };
}
