import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request of Twilio Verify, as the stand-in received it. */
export interface VerifyRequest {
  readonly to: 'start' | 'check';
  readonly fields: Readonly<Record<string, string>>;
}

interface Verification {
  readonly sid: string;
  readonly to: string;
  readonly code: string;
  readonly expiresAt: number;
  sends: number;
  checks: number;
}

type Reply = readonly [status: number, body: object];

const MOST_SENDS = 5;
const MOST_CHECKS = 5;
const VALIDITY_MS = 10 * 60_000;
const FIELDS = {
  start: { required: ['To', 'Channel'], optional: ['Locale'] },
  check: { required: ['VerificationSid', 'Code'], optional: [] },
} as const;

const error = (status: number, code: number): Reply => [
  status,
  { code, message: 'secret words', more_info: `https://www.twilio.com/docs/errors/${code}`, status },
];

/**
 * An HTTP server of this machine that behaves as Twilio documents Verify: one verification and one code for an address at a
 * time, at most 5 messages and 5 checks, deleted once it is approved or after 10 minutes. It notes every request that is not as
 * documented.
 */
export class TwilioVerifyStandIn {
  readonly accountSid: string = `AC${'0'.repeat(32)}`;
  readonly authToken: string = 'token';
  readonly serviceSid: string = `VA${'1'.repeat(32)}`;
  readonly received: VerifyRequest[] = [];
  /** What was wrong with requests. */
  readonly mistakes: string[] = [];
  /** The time in epoch milliseconds. */
  clock: () => number = Date.now;
  /** Whether a code is approved again and again, which Twilio does not do. */
  isForgetful = false;
  /** What the next requests are answered with; undefined for what is documented. */
  fault: { readonly status: number; readonly body: string } | 'reset' | undefined;
  #count = 0;
  readonly #running = new Map<string, Verification>();
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  /** Returns the base URL. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The code that was sent to an address last; empty for none. */
  codeOf(address: string): string {
    return this.#find(({ to }) => to === address)?.code ?? '';
  }

  /** How many requests were received. */
  count(to: VerifyRequest['to']): number {
    return this.received.filter((request) => request.to === to).length;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
    const { fault } = this;
    const [status, body] = this.#answer(request, text);
    if (fault === 'reset') response.socket?.destroy();
    else if (fault !== undefined) response.writeHead(fault.status).end(fault.body);
    else response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }

  #answer({ method, url, headers }: IncomingMessage, text: string): Reply {
    const home = `/v2/Services/${this.serviceSid}`;
    const to = url === `${home}/Verifications` ? 'start' : 'check';
    const fields = Object.fromEntries(new URLSearchParams(text));
    const expected = `Basic ${Buffer.from(`${this.accountSid}:${this.authToken}`).toString('base64')}`;
    this.#expect(method === 'POST' && (to === 'start' || url === `${home}/VerificationCheck`), `${method} ${url}`);
    this.#expect(headers.authorization === expected, 'credentials');
    this.#expect(headers['content-type'] === 'application/x-www-form-urlencoded', 'media type');
    const { required, optional } = FIELDS[to];
    const known: readonly string[] = [...required, ...optional];
    this.#expect(
      required.every((name) => fields[name] !== undefined),
      `${to}: a field is missing`,
    );
    this.#expect(
      Object.keys(fields).every((name) => known.includes(name)),
      `${to}: unknown field`,
    );
    this.received.push({ to, fields });
    if (this.fault !== undefined) return error(500, 20500);
    return to === 'start' ? this.#send(fields['To'] ?? '', fields['Channel'] ?? '') : this.#check(fields);
  }

  #send(to: string, channel: string): Reply {
    this.#expect((channel === 'email') === to.includes('@'), `channel ${channel}`);
    this.#expect(/^\+[1-9]\d{6,14}$|@/.test(to), 'address');
    const running = this.#find((each) => each.to === to) ?? this.#start(to);
    if (running.sends >= MOST_SENDS) return error(429, 60203);
    running.sends += 1;
    return [201, this.#shown(running, 'pending')];
  }

  #start(to: string): Verification {
    this.#count += 1;
    const sid = `VE${String(this.#count).padStart(32, '0')}`;
    const code = String((this.#count * 7919 + 123_456) % 1_000_000).padStart(6, '0');
    const started = { sid, to, code, expiresAt: this.clock() + VALIDITY_MS, sends: 0, checks: 0 };
    this.#running.set(sid, started);
    return started;
  }

  #check({ VerificationSid: sid = '', Code: code = '' }: Readonly<Record<string, string>>): Reply {
    this.#expect(/^\d{6}$/.test(code), 'code');
    const running = this.#find((each) => each.sid === sid);
    if (running === undefined) return error(404, 20404);
    if (running.checks >= MOST_CHECKS) return error(429, 60202);
    running.checks += 1;
    if (running.code !== code) return [200, this.#shown(running, 'pending')];
    if (!this.isForgetful) this.#running.delete(sid);
    return [200, this.#shown(running, 'approved')];
  }

  #find(isIt: (each: Verification) => boolean): Verification | undefined {
    return [...this.#running.values()].find((each) => each.expiresAt > this.clock() && isIt(each));
  }

  #shown({ sid, to }: Verification, status: 'pending' | 'approved'): object {
    return { sid, service_sid: this.serviceSid, account_sid: this.accountSid, to, status, valid: status === 'approved' };
  }

  #expect(isRight: boolean, what: string): void {
    if (!isRight) this.mistakes.push(what);
  }
}
