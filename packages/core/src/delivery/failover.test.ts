import { describe, expect, it, vi } from 'vitest';
import { type FakeClock, fakeClock } from '../../../testing/src/fake-clock.js';
import { MINUTE, outcomeOf } from '../../test/unit-stage.js';
import { FactorConfigError } from '../error/config-error.js';
import { FactorError } from '../error/factor-error.js';
import { type Channel, type Delivery, type OutgoingMessage, RecipientUnreachable } from './channel.js';
import type { FailoverOptions } from './failover-options.js';
import { failover } from './failover.js';

const DELIVERY: Omit<Delivery, 'signal'> = {
  to: '+4915112345',
  subject: 'Your code',
  text: '123456 is your code.',
  code: '123456',
  expiresAt: 0,
  validMinutes: 10,
  purpose: 'sign-in',
  locale: 'en',
  user: undefined,
};

type Answer = 'takes' | 'fails' | 'refuses' | 'misses' | 'hangs';

const ANSWERS: Readonly<Record<Answer, () => Promise<void>>> = {
  takes: async () => undefined,
  fails: () => Promise.reject(Object.assign(new Error('a secret'), { code: 'E_DOWN' })),
  refuses: () => Promise.reject(new FactorError('address_refused')),
  misses: () => Promise.reject(new RecipientUnreachable('no account')),
  hangs: () => new Promise<void>(() => undefined),
};

/** Channels that answer as they are told, on a clock that is moved; `asked` says which were asked, in order. */
class Stage {
  readonly clock: FakeClock = fakeClock();
  readonly asked: string[] = [];
  readonly failures: string[] = [];
  readonly answers: Record<string, Answer>;
  readonly channel: Channel;

  constructor(answers: Readonly<Record<string, Answer>>, options: FailoverOptions = {}) {
    this.answers = { ...answers };
    const channels = Object.keys(answers).map((name) => ({
      name,
      send: () => {
        this.asked.push(name);
        return ANSWERS[this.answers[name] ?? 'fails']();
      },
    }));
    const onFailure = (name: string, reason: string) => this.failures.push(`${name}: ${reason}`);
    this.channel = failover(channels, { clock: this.clock, onFailure, ...options });
  }

  /** Sends one message: how that ends, and which channels were asked for it. */
  async send(signal: AbortSignal = new AbortController().signal): Promise<string> {
    const before = this.asked.length;
    const outcome = await outcomeOf(() => this.channel.send({ ...DELIVERY, signal }));
    return `${this.asked.slice(before).join(' ')} ${outcome}`;
  }
}

describe('several channels', () => {
  it.each<readonly [string, Readonly<Record<string, Answer>>, string]>([
    ['ask the first one only where it takes the message', { a: 'takes', b: 'takes' }, 'a passes'],
    ['ask the second one where the first fails', { a: 'fails', b: 'takes' }, 'a b passes'],
    ['ask the third one where two fail', { a: 'fails', b: 'fails', c: 'takes' }, 'a b c passes'],
    ['ask the second one where the first cannot reach the recipient', { a: 'misses', b: 'takes' }, 'a b passes'],
    ['fail where none can reach the recipient', { a: 'misses', b: 'misses' }, 'a b no account'],
    ['fail with the last fault where all fail', { a: 'fails', b: 'fails' }, 'a b a secret'],
    [
      'ask no other where the address is refused',
      { a: 'refuses', b: 'takes' },
      'a address_refused: This address or phone number cannot be used.',
    ],
    [
      'say that the address is refused where a later one says so',
      { a: 'fails', b: 'refuses', c: 'takes' },
      'a b address_refused: This address or phone number cannot be used.',
    ],
  ])('%s', async (_sentence, answers, expected) => expect(await new Stage(answers).send()).toBe(expected));

  it('are called by their names', () => {
    expect(new Stage({ a: 'takes', b: 'takes' }).channel.name).toBe('failover(a, b)');
  });

  it('get the very same message', async () => {
    const taken: Delivery[] = [];
    const keep = async (delivery: Delivery): Promise<void> => {
      taken.push(delivery);
      throw new Error('no');
    };
    await outcomeOf(() => failover([keep, keep]).send({ ...DELIVERY, signal: new AbortController().signal }));
    expect(taken).toEqual([1, 2].map(() => ({ ...DELIVERY, signal: expect.any(AbortSignal) })));
  });

  it('tell of each that failed by its name and the code of the fault', async () => {
    const stage = new Stage({ a: 'fails', b: 'refuses' });
    await stage.send();
    expect(stage.failures).toEqual(['a: E_DOWN']);
  });

  it('keep the order where one cannot reach many recipients, and forget its failures then', async () => {
    const stage = new Stage({ a: 'fails', b: 'takes' }, { maxFailures: 2 });
    await stage.send();
    stage.answers['a'] = 'misses';
    for (let sent = 0; sent < 10; sent += 1) expect(await stage.send()).toBe('a b passes');
    stage.answers['a'] = 'fails';
    expect(await stage.send()).toBe('a b passes');
    expect(await stage.send()).toBe('a b passes'); // the second failure in a row
    expect(await stage.send()).toBe('b passes');
    expect(stage.failures).toEqual(Array(3).fill('a: E_DOWN'));
  });

  it.each<readonly [string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('listener');
      },
    ],
    ['rejects', () => Promise.reject(new Error('listener'))],
  ])('go on where what hears of failures %s', async (_name, onFailure) => {
    expect(await new Stage({ a: 'fails', b: 'takes' }, { onFailure }).send()).toBe('a b passes');
  });

  it('ask no provider once the time of the factor is over', async () => {
    const stage = new Stage({ a: 'takes', b: 'takes' });
    expect(await stage.send(AbortSignal.abort())).toMatch(/^ /);
    expect(stage.asked).toEqual([]);
  });

  it('ask no other once the time of the factor ends in the middle', async () => {
    const controller = new AbortController();
    const stage = new Stage({ a: 'hangs', b: 'takes' });
    const sending = stage.send(controller.signal);
    controller.abort();
    expect(await sending).toBe('a ');
    expect(stage.failures).toEqual(['a: DeliveryTimeout']);
  });

  it('ask the second one when the first takes too long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const stage = new Stage({ a: 'hangs', b: 'takes' }, { timeoutMs: 4000 });
      const sending = stage.send();
      await vi.advanceTimersByTimeAsync(3999);
      expect(stage.asked).toEqual(['a']);
      await vi.advanceTimersByTimeAsync(1);
      expect(await sending).toBe('a b passes');
      expect(stage.failures).toEqual(['a: DeliveryTimeout']);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a channel that keeps failing', () => {
  const failed = async (times: number, options: FailoverOptions = {}): Promise<Stage> => {
    const stage = new Stage({ a: 'fails', b: 'takes' }, { maxFailures: 3, openMs: MINUTE, ...options });
    for (let time = 0; time < times; time += 1) await stage.send();
    return stage;
  };

  it.each<readonly [number, string]>([
    [0, 'a b passes'],
    [2, 'a b passes'],
    [3, 'b passes'],
    [10, 'b passes'],
  ])('is tried first or last after %i failures of three', async (times, expected) => {
    expect(await (await failed(times)).send()).toBe(expected);
  });

  it('is not counted where a message between succeeds', async () => {
    const stage = await failed(2);
    stage.answers['a'] = 'takes';
    await stage.send();
    stage.answers['a'] = 'fails';
    for (let time = 0; time < 2; time += 1) await stage.send();
    expect(await stage.send()).toBe('a b passes');
    expect(await stage.send()).toBe('b passes');
  });

  it('is not counted for addresses that it refuses', async () => {
    const stage = await failed(0);
    stage.answers['a'] = 'refuses';
    for (let time = 0; time < 10; time += 1) await stage.send();
    expect(await stage.send()).toMatch(/^a address_refused/);
  });

  it('is tried as a last resort where the others fail too', async () => {
    const stage = await failed(3);
    stage.answers['b'] = 'fails';
    stage.answers['a'] = 'takes';
    expect(await stage.send()).toBe('b a passes');
  });

  it.each<readonly [string, number, string]>([
    ['is still last in the last millisecond', MINUTE - 1, 'b passes'],
    ['is tried again when the time is over', MINUTE, 'a b passes'],
    ['is still last when the clock steps back a moment', 0, 'b passes'],
    ['is tried again when the clock steps back by more than a moment', -1, 'a b passes'],
  ])('%s', async (_sentence, later, expected) => {
    const stage = await failed(3);
    stage.clock.advance(later);
    expect(await stage.send()).toBe(expected);
  });

  it('is tried again by one message, for which the others wait', async () => {
    const stage = await failed(3);
    stage.clock.advance(MINUTE);
    stage.answers['a'] = 'hangs';
    void stage.send();
    expect(await Promise.all([stage.send(), stage.send()])).toEqual(['b b passes', 'b passes']);
    expect(stage.asked.filter((name) => name === 'a')).toHaveLength(4);
  });

  it('is first again once a message has succeeded', async () => {
    const stage = await failed(3);
    stage.clock.advance(MINUTE);
    stage.answers['a'] = 'takes';
    expect([await stage.send(), await stage.send()]).toEqual(['a passes', 'a passes']);
  });

  it('is last for as long again where it fails once more', async () => {
    const stage = await failed(3);
    stage.clock.advance(MINUTE);
    await stage.send();
    stage.clock.advance(MINUTE - 1);
    expect(await stage.send()).toBe('b passes');
    stage.clock.advance(1);
    expect(await stage.send()).toBe('a b passes');
  });
});

describe('notices over several channels', () => {
  const notice = (): OutgoingMessage => ({ to: DELIVERY.to, subject: 's', text: 't', signal: new AbortController().signal });
  const send = async (): Promise<void> => undefined;

  it('are sent by none where no channel sends any', () => {
    expect(failover([send, send])).not.toHaveProperty('notify');
  });

  it('are sent by those channels that can, in their order', async () => {
    const asked: string[] = [];
    const named = (name: string, fault?: Error): Channel => ({
      name,
      send,
      notify: async () => {
        asked.push(name);
        if (fault !== undefined) throw fault;
      },
    });
    const channel = failover([{ name: 'mute', send }, named('a', new Error('down')), named('b')]);
    await channel.notify?.(notice());
    expect(asked).toEqual(['a', 'b']);
  });
});

describe('the options of several channels', () => {
  const send = async (): Promise<void> => undefined;

  it.each<readonly [string, unknown, unknown]>([
    ['one channel', [send], {}],
    ['no list', send, {}],
    ['a channel that is none', [send, { name: 'x' }], {}],
    ['"timeoutMs" below 50', [send, send], { timeoutMs: 49 }],
    ['"timeoutMs" above 15 seconds', [send, send], { timeoutMs: 15_001 }],
    ['"maxFailures" of none', [send, send], { maxFailures: 0 }],
    ['"maxFailures" above a hundred', [send, send], { maxFailures: 101 }],
    ['"openMs" below a second', [send, send], { openMs: 999 }],
    ['"openMs" above an hour', [send, send], { openMs: 60 * MINUTE + 1 }],
    ['"onFailure" that is no function', [send, send], { onFailure: true }],
    ['"clock" that is no function', [send, send], { clock: 0 }],
    ['a word that is unknown', [send, send], { retries: 3 }],
  ])('refuse %s', (_what, channels, options) => {
    expect(() => failover(channels as never, options as never)).toThrow(FactorConfigError);
  });
});

it('a code that was verified is told to each channel that reports conversions', async () => {
  const told: string[] = [];
  const reporting = (name: string, fault?: Error): Channel => ({
    name,
    send: async () => undefined,
    confirmed: async ({ to, code }) => {
      told.push(`${name} ${to} ${code}`);
      if (fault !== undefined) throw fault;
    },
  });
  const both = failover([reporting('one', new Error('down')), reporting('two')]);
  await both.confirmed?.({ to: 'ann', code: '123456', signal: new AbortController().signal });
  expect(told).toEqual(['one ann 123456', 'two ann 123456']);
  expect(failover([async () => undefined, async () => undefined]).confirmed).toBeUndefined();
});
