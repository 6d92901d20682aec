import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Message {
  readonly type: string;
}

/** A program beside this file, in a process of its own that talks with this one and ends with it. */
export class Child<To extends Message, From extends Message> {
  readonly #process: ChildProcess;

  constructor(program: `./${string}.js`, execArgv: readonly string[] = []) {
    const path = fileURLToPath(new URL(program, import.meta.url));
    this.#process = fork(path, [], { execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Says something that has no answer. */
  tell(message: To): void {
    this.#process.send(message);
  }

  /** Says something and resolves with the next answer of that type. @throws Error when it ends before that */
  async ask<Type extends From['type']>(question: To, answer: Type): Promise<Extract<From, { type: Type }>> {
    const heard = this.#hear(answer);
    this.#process.send(question);
    return await heard;
  }

  /** Lets it end by itself after this message. */
  async end(message: To): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#process, 'exit');
    this.#process.send(message);
    await ended;
  }

  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  #hear<Type extends From['type']>(type: Type): Promise<Extract<From, { type: Type }>> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null, signal: string | null) =>
        reject(new Error(`a process of the benchmark ended with ${signal ?? code}`));
      const listen = (message: From): void => {
        if (message.type !== type) return;
        this.#process.off('message', listen);
        this.#process.off('exit', ended);
        resolve(message as Extract<From, { type: Type }>);
      };
      this.#process.on('message', listen);
      this.#process.once('exit', ended);
    });
  }
}
