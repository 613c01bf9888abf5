import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadServerReply, LoadServerRequest } from './load-server.js';
import type { Result } from './measure.js';
import type { OperationSetting } from './operation.js';
import { LoadClient } from './passwordless.js';

const CONCURRENCY = 32;
const PEOPLE_PER_WORKER = 8;
const WARM_MS = 10_000;
const LOAD_MS = 60_000;

/** The server under load, and the measurements that it reports. */
export class LoadServer {
  readonly #process: ChildProcess;
  readonly #waiting: ((reply: LoadServerReply) => void)[] = [];
  /** Its first message. Asked for at once: it may come while another server is waited for. */
  readonly #first: Promise<LoadServerReply>;

  /** @param operation what is switched on, and the endpoint of its webhook; nothing by default */
  constructor(
    postgres: string,
    onCode: (to: string, code: string) => void,
    operation?: { readonly setting: OperationSetting; readonly endpoint: string },
  ) {
    const given = operation === undefined ? [] : [operation.setting, operation.endpoint];
    this.#process = fork(fileURLToPath(new URL('./load-server.ts', import.meta.url)), [postgres, ...given]);
    this.#process.on('message', (reply: LoadServerReply) => {
      if ('code' in reply) onCode(reply.to, reply.code);
      else this.#waiting.shift()?.(reply);
    });
    this.#first = this.#reply();
  }

  async started(): Promise<string> {
    const reply = await this.#first;
    if (!('url' in reply)) throw new Error('the server did not start');
    return reply.url;
  }

  ask(request: LoadServerRequest): void {
    this.#process.send(request);
  }

  async state(): Promise<{ readonly heap: number; readonly rows: number }> {
    this.ask({ ask: 'state' });
    const reply = await this.#reply();
    if (!('heap' in reply)) throw new Error('the server did not say');
    return reply;
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }

  #reply(): Promise<LoadServerReply> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Runs passwordless logins for a minute. Any error ends it. */
export async function benchLoad(postgres: string): Promise<Result[]> {
  const client = new LoadClient();
  const server = new LoadServer(postgres, (to, code) => client.tell({ to, code }));
  const people = Array.from({ length: CONCURRENCY }, (_, worker) =>
    Array.from({ length: PEOPLE_PER_WORKER }, (_none, person) => `load${worker}x${person}@example.com`),
  );
  try {
    const url = await server.started();
    let logins = 0;
    const start = performance.now();
    const loadUntil = async (milliseconds: number): Promise<void> => {
      while (performance.now() - start < milliseconds) {
        server.ask({ ask: 'advance' });
        await client.shift(url, 'emailLogin', people);
        logins += CONCURRENCY * PEOPLE_PER_WORKER;
      }
    };
    await loadUntil(WARM_MS);
    const warm = await server.state();
    await loadUntil(LOAD_MS);
    const end = await server.state();
    return [
      { name: `heap after a minute at concurrency ${CONCURRENCY} / after ten seconds`, ratio: end.heap / warm.heap, bound: 1.2 },
      { name: 'rows of the store after a minute / after ten seconds', ratio: end.rows / warm.rows, bound: 1 },
      { name: 'passwordless logins in that minute, without an error', ratio: logins, bound: null },
    ];
  } finally {
    client.stop();
    server.stop();
  }
}
