import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a provider's stand-in received it. */
export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a stand-in answers: `hang` is nothing at all, `stall` a reply that never ends. */
export type StandInAnswer =
  | { readonly status: number; readonly body: string; readonly headers?: Record<string, string> }
  | 'hang'
  | 'stall'
  | 'reset'
  | 'truncated';

/** An answer that comes. */
export type StandInReply = Exclude<StandInAnswer, 'hang' | 'stall'>;

/** Twilio's documented answer to a message that it accepts. */
export const TWILIO_ACCEPTED: { readonly status: number; readonly body: string } = {
  status: 201,
  body: JSON.stringify({ sid: `SM${'0'.repeat(32)}`, status: 'queued', error_code: null, error_message: null }),
};

/** An HTTP server of this machine that answers as it is told, and keeps what it received. */
export class StandIn {
  readonly received: Received[] = [];
  answer: StandInAnswer = TWILIO_ACCEPTED;
  /** Called for each request that arrived. */
  onRequest: () => void = () => undefined;
  /** Requests that hang, so that a test can end the silence. */
  readonly #waiting: ServerResponse[] = [];
  readonly #server: Server = createServer(((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      this.received.push({ method: request.method, path: request.url, headers: request.headers, body });
      this.onRequest();
      if (this.answer === 'hang' || this.answer === 'stall') this.#waiting.push(response);
      if (this.answer === 'hang') return;
      if (this.answer === 'stall') response.writeHead(200, { 'Content-Type': 'application/json' }).write('{');
      else this.#reply(response, this.answer);
    });
  }) satisfies RequestListener);

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when every client that waits for an answer has given up. */
  async allGivenUp(): Promise<void> {
    await Promise.all(this.#waiting.splice(0).map(async (response) => response.closed || once(response, 'close')));
  }

  /** Answers the requests that hang, and those that come. */
  release(answer: StandInReply): void {
    this.answer = answer;
    for (const response of this.#waiting.splice(0)) this.#reply(response, answer);
  }

  #reply(response: ServerResponse, answer: StandInReply): void {
    if (answer === 'reset') response.socket?.destroy();
    else if (answer === 'truncated') {
      response.writeHead(201, { 'Content-Type': 'application/json', 'Content-Length': '500' }).write('{"sid": "SM');
      response.socket?.end();
    } else response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers }).end(answer.body);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
