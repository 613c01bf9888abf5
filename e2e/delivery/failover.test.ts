import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failover, FactorConfigError, outbox } from '@parse-factors/core';
import type { ChannelLike, Delivery } from '@parse-factors/core/channel';
import { twilio } from '@parse-factors/sms-otp/twilio';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { DAY } from '../support/time.js';

/** Two ways to the same phone: what the first does is told by the test, the second keeps what it is given. */

const TIMEOUT_MS = 60;
let stage: Stage;
let first: ChannelLike;
const tried: string[] = [];
const failures: string[] = [];
const second = outbox({ name: 'second' });
let isSecondDown = false;
beforeAll(async () => {
  const channel = failover(
    [
      {
        name: 'first',
        send: (delivery) => {
          tried.push(delivery.code);
          return typeof first === 'function' ? (first(delivery) as Promise<void>) : first.send(delivery);
        },
      },
      {
        name: 'second',
        send: async (delivery) => {
          if (isSecondDown) throw Object.assign(new Error('down'), { code: 'EDOWN' });
          await second.send(delivery);
        },
      },
    ],
    {
      timeoutMs: TIMEOUT_MS,
      maxFailures: 3,
      openMs: 30_000,
      clock: () => stage.time.now,
      onFailure: (name, reason) => {
        failures.push(`${name}: ${reason}`);
        throw new Error('not listened to');
      },
    },
  );
  stage = await startStage({ sms: { channel } });
});
afterAll(() => stage.stop());
beforeEach(async () => {
  first = async () => undefined;
  isSecondDown = false;
  stage.time.now += DAY;
  await ask(); // whatever was before, the first is tried again, and works
  for (const list of [tried, failures, second.messages, stage.events]) list.length = 0;
});

let numbers = 0;
interface Asked extends Answer {
  readonly person: Person;
  readonly phone: string;
}
async function ask(): Promise<Asked> {
  numbers += 1;
  const person = await stage.signUp();
  const phone = `+1555600${String(1000 + numbers)}`;
  stage.time.now += 1000;
  return { ...(await stage.challenge({ challengeData: { otp: { phone } } }, person.session)), person, phone };
}
const confirm = ({ person, phone }: Asked, code: string): Promise<Answer> => stage.save(person, { otp: { phone, code } });

describe('failover', () => {
  const hang = (): Promise<void> => new Promise(() => undefined);
  const failing: readonly [string, ChannelLike, string][] = [
    ['hangs', hang, 'DeliveryTimeout'],
    [
      'throws at once',
      () => {
        throw new TypeError('no');
      },
      'TypeError',
    ],
    ['rejects', () => Promise.reject(new RangeError('no')), 'RangeError'],
    ['answers 429', () => Promise.reject(Object.assign(new Error('slow down'), { code: 20429 })), '20429'],
  ];
  it.each(failing)('the second channel sends when the first %s, once by each, with one code', async (_what, channel, reason) => {
    first = channel;
    const asked = await ask();
    expect(asked.status).toBe(200);
    expect(tried).toHaveLength(1);
    expect(second.messages).toHaveLength(1);
    expect(failures).toEqual([`first: ${reason}`]);
    expect((await confirm(asked, stage.lastCode(second))).status).toBe(200);
  });

  it('one code is live when the first channel succeeds or rejects late', async () => {
    for (const outcome of ['resolve', 'reject'] as const) {
      let late: (() => void) | undefined;
      first = () =>
        new Promise<void>((resolve, reject) => {
          late = () => (outcome === 'resolve' ? resolve() : reject(new Error('late')));
        });
      const asked = await ask();
      late?.();
      expect(tried.at(-1)).toBe(stage.lastCode(second));
      expect((await confirm(asked, stage.lastCode(second))).status).toBe(200);
      expect((await confirm(asked, stage.lastCode(second))).status).toBe(400);
    }
  });

  it('the error is delivery_failed when both channels fail, and the code is void', async () => {
    first = hang;
    isSecondDown = true;
    const asked = await ask();
    expect(slug(asked)).toBe('delivery_failed');
    expect(failures).toEqual(['first: DeliveryTimeout', 'second: EDOWN']);
    expect(stage.events.filter(({ type }) => type === 'delivery_failed')).toMatchObject([{ reason: 'EDOWN' }]);
    expect(slug(await confirm(asked, tried[0] ?? ''))).toBe('code_expired');
  });

  it('a channel that keeps failing is tried last, and in its turn again after a while, with one message only', async () => {
    first = () => Promise.reject(new Error('down'));
    for (let message = 0; message < 3; message += 1) await ask();
    expect(tried).toHaveLength(3);
    await ask();
    expect(tried).toHaveLength(3); // open
    expect(second.messages).toHaveLength(4);
    stage.time.now += 30_000;
    await ask();
    expect(tried).toHaveLength(4); // one message tried it
    await ask();
    expect(tried).toHaveLength(4);
    stage.time.now += 30_000;
    first = async () => undefined;
    await ask();
    await ask();
    expect(tried).toHaveLength(6); // closed again
  });

  it('a channel that keeps failing is still tried as a last resort', async () => {
    first = () => Promise.reject(new Error('down'));
    isSecondDown = true;
    for (let message = 0; message < 3; message += 1) await ask();
    first = async () => undefined;
    expect((await ask()).status).toBe(200);
  });

  it('20 parallel asks send one message', async () => {
    first = () => Promise.reject(new Error('down'));
    const person = await stage.signUp();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => stage.challenge({ challengeData: { otp: { phone: '+15556009999' } } }, person.session)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect([tried.length, second.messages.length]).toEqual([1, 1]);
  });
});

describe("Twilio's refusal of a number", () => {
  let api: Server;
  let answer = { status: 400, code: 21211 };
  beforeAll(async () => {
    api = createServer((request, response) => {
      request.resume().on('end', () => {
        const { status, code } = answer;
        response.writeHead(status, { 'Content-Type': 'application/json' });
        response.end(JSON.stringify({ code, message: 'The number +15556001234 is no good', status, more_info: 'https://x' }));
      });
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    api.closeAllConnections();
    api.close();
  });
  const client = (): ChannelLike =>
    twilio({
      accountSid: `AC${'0'.repeat(32)}`,
      authToken: 'token',
      from: '+15005550006',
      baseUrl: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    });
  /** Twilio's client takes longer than the tests' short limit; here its answer counts. */
  const patiently: ChannelLike = (delivery: Delivery) => (client() as { send(given: Delivery): Promise<void> }).send(delivery);

  it.each([21211, 21214, 21217, 21408, 21610, 21614])(
    'the reply %i is address_refused, and no other channel is asked',
    async (code) => {
      answer = { status: 400, code };
      await stage.stop();
      stage = await startStage({ sms: { channel: failover([patiently, second], { timeoutMs: 5000 }) } });
      const asked = await ask();
      expect(asked.body).toEqual({ code: 142, error: 'address_refused: This address or phone number cannot be used.' });
      expect(second.messages).toEqual([]);
    },
  );

  it.each([
    [429, 20429],
    [500, 20500],
    [401, 20003],
    [400, 21612],
  ])('the reply %i with %i goes to the next channel', async (status, code) => {
    answer = { status, code };
    await stage.stop();
    stage = await startStage({ sms: { channel: failover([patiently, second], { timeoutMs: 5000 }) } });
    expect((await ask()).status).toBe(200);
    expect(second.messages).toHaveLength(1);
    expect(JSON.stringify(stage.events)).not.toContain('15556001234');
  });
});

describe('the options', () => {
  it.each([
    [() => failover([]), /at least two channels/],
    [() => failover([outbox()]), /at least two channels/],
    [() => failover([outbox(), {} as never]), /at least two channels/],
    [() => failover([outbox(), outbox()], { timeoutMs: 1 }), /"timeoutMs"/],
    [() => failover([outbox(), outbox()], { retries: 3 } as never), /unknown option "retries"/],
  ])('a wrong option of failover is refused by name: %o', (make, message) => {
    expect(make).toThrow(FactorConfigError);
    expect(make).toThrow(message);
  });
});
