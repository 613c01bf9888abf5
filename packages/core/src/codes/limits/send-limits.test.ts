import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANN, codeOptions, MAIL, PHONE, targetWith, TestChannel } from '../../../test/code-stage.js';
import { DAY, MINUTE, outcomeOf, type StagedContext, stagedContext } from '../../../test/unit-stage.js';
import type { AddressType } from '../address-type.js';
import type { CodeBinding } from '../code-binding.js';
import type { ResolvedCodeFactorOptions } from '../code-factor-options.js';
import { MessageLimits } from './send-limits.js';

type Options = Partial<ResolvedCodeFactorOptions>;

/** One message: what of its request and target is other than in the first. */
type Message = Partial<Pick<StagedContext, 'ip' | 'appId' | 'key'>> & Partial<CodeBinding>;

const quotasOf = (kind: AddressType, options: Options): MessageLimits =>
  new MessageLimits(kind, codeOptions(new TestChannel(), options));

const STRANGER = { user: undefined };
const [OTHER_IP, OTHER_ADDRESS] = [{ ip: '198.51.100.1' }, { address: 'bob@acme.example' }];
const MAILBOX: AddressType = { ...MAIL, mailboxOf: (address) => address.replace(/\+[^@]*/, '') };
const RANGES: AddressType = { ...PHONE, maxSendsPerPrefix: 1 };

/** Counts messages one after the other: which of them may go out. */
async function allowed(kind: AddressType, options: Options, messages: readonly Message[]): Promise<boolean[]> {
  const [quotas, context] = [quotasOf(kind, options), stagedContext()];
  const outcomes: boolean[] = [];
  for (const { ip = context.ip, appId = context.appId, key = context.key, ...target } of messages) {
    outcomes.push((await outcomeOf(() => quotas.reserve({ ...context, ip, appId, key }, targetWith(target)))) === 'passes');
  }
  return outcomes;
}

describe('the limits of one subject', () => {
  it('are those of the options', () => {
    const options = { cooldownMs: 5000, maxSendsPer10Minutes: 3, maxSendsPerDay: 7 };
    expect(quotasOf(MAIL, options).perSubject).toEqual({
      cooldownMs: 5000,
      quotas: [
        { limit: 3, windowMs: 10 * MINUTE },
        { limit: 7, windowMs: DAY },
      ],
    });
  });
});

describe('the limits that span users', () => {
  const perAddress = { maxSendsPer10Minutes: 1 };
  const perIp = { maxSendsPerIp: 1, maxSendsPer10Minutes: 100 };
  const budget = { budget: { limit: 1, windowMs: DAY }, maxSendsPer10Minutes: 100 };

  it.each<readonly [string, AddressType, Options, Message, Message, boolean]>([
    ['refuse a second message to one address', MAIL, perAddress, {}, OTHER_IP, false],
    ['let a message to another address go out', MAIL, perAddress, {}, OTHER_ADDRESS, true],
    ['let a message for another purpose go out', MAIL, perAddress, {}, { purpose: 'enrolment' }, true],
    ['let a message of another factor go out', MAIL, perAddress, {}, { key: 'email' }, true],
    ['let a message of another application go out', MAIL, perAddress, {}, { appId: 'other' }, true],
    ['let a stranger ask for an address, which has limits of its own', MAIL, perAddress, STRANGER, STRANGER, true],
    [
      'refuse a second message to one mailbox in another spelling',
      MAILBOX,
      perAddress,
      {},
      { address: 'ann+x@acme.example' },
      false,
    ],
    [
      'refuse a stranger a second message to one mailbox',
      MAILBOX,
      perAddress,
      STRANGER,
      { ...STRANGER, address: 'ann+x@acme.example' },
      false,
    ],
    ['let a message to another mailbox go out', MAILBOX, perAddress, {}, OTHER_ADDRESS, true],
    ['refuse a second message from one IP address', MAIL, perIp, {}, OTHER_ADDRESS, false],
    ['let a message from another IP address go out', MAIL, perIp, {}, OTHER_IP, true],
    ['refuse a stranger a second message from one IP address', MAIL, perIp, STRANGER, { ...STRANGER, ...OTHER_ADDRESS }, false],
    ['let a known user ask behind the IP address of a stranger', MAIL, perIp, STRANGER, {}, true],
    ['let a stranger ask behind the IP address of a known user', MAIL, perIp, {}, STRANGER, true],
    ['count two IPv6 addresses of one subscriber as one', MAIL, perIp, { ip: '2001:db8::1' }, { ip: '2001:db8::ffff:2' }, false],
    ['count two IPv6 networks apart', MAIL, perIp, { ip: '2001:db8:0:1::1' }, { ip: '2001:db8:0:2::1' }, true],
    ['count one IP address over all factors', MAIL, perIp, {}, { key: 'email', ...OTHER_ADDRESS }, false],
    ['count one IP address for each application', MAIL, perIp, {}, { appId: 'other' }, true],
    [
      'refuse a second message to one range of numbers',
      RANGES,
      {},
      { address: '+4915112345' },
      { address: '+4915199999' },
      false,
    ],
    [
      'let a message to another range of numbers go out',
      RANGES,
      {},
      { address: '+4915112345' },
      { address: '+4917012345' },
      true,
    ],
    ['count no range of numbers without a limit', PHONE, {}, { address: '+4915112345' }, { address: '+4915199999' }, true],
    ['refuse a message beyond the budget of the factor', MAIL, budget, {}, { ...OTHER_ADDRESS, ...OTHER_IP }, false],
    ['count the budget of each factor apart', MAIL, budget, {}, { key: 'email' }, true],
  ])('%s', async (_sentence, kind, options, first, second, isAllowed) => {
    expect(await allowed(kind, options, [first, second])).toEqual([true, isAllowed]);
  });

  it('count no IP address where none is known', async () => {
    const context = { ...stagedContext(), ip: undefined };
    const quotas = quotasOf(MAIL, perIp);
    for (let time = 0; time < 5; time += 1) await quotas.reserve(context, targetWith());
    expect(await outcomeOf(() => quotas.reserve({ ...context, ip: '192.0.2.7' }, targetWith()))).toBe('passes');
  });

  it.each<readonly [string, Options, number]>([
    ['of ten minutes', { maxSendsPer10Minutes: 1 }, 10 * MINUTE],
    ['of a day', { maxSendsPerDay: 1 }, DAY],
    ['of an IP address', { maxSendsPerIp: 1 }, 10 * MINUTE],
    ['of a budget', { budget: { limit: 1, windowMs: 12_345 } }, 12_345],
  ])('say when one %s ends, and end then', async (_name, options, windowMs) => {
    const [quotas, context] = [quotasOf(MAIL, options), stagedContext()];
    await quotas.reserve(context, targetWith());
    const retryAt = context.clock() + windowMs;
    context.clock.advance(windowMs - 1);
    await expect(quotas.reserve(context, targetWith())).rejects.toMatchObject({ code: 'cooldown', retryAt });
    context.clock.advance(1);
    expect(await outcomeOf(() => quotas.reserve(context, targetWith()))).toBe('passes');
  });

  it('count nothing where one of them refuses', async () => {
    const [quotas, context] = [
      quotasOf(MAIL, { maxSendsPerIp: 2, maxSendsPer10Minutes: 1, maxSendsPerDay: 100 }),
      stagedContext(),
    ];
    await quotas.reserve(context, targetWith());
    for (let time = 0; time < 10; time += 1)
      expect(await outcomeOf(() => quotas.reserve(context, targetWith()))).toMatch(/^cooldown/);
    expect(await outcomeOf(() => quotas.reserve(context, targetWith(OTHER_ADDRESS)))).toBe('passes');
  });

  it('take back what did not come about', async () => {
    const [quotas, context] = [quotasOf(MAIL, { maxSendsPerIp: 1, maxSendsPer10Minutes: 1, maxSendsPerDay: 1 }), stagedContext()];
    for (let time = 0; time < 5; time += 1) await (await quotas.reserve(context, targetWith()))();
    expect(await outcomeOf(() => quotas.reserve(context, targetWith()))).toBe('passes');
    expect(await outcomeOf(() => quotas.reserve(context, targetWith()))).toMatch(/^cooldown/);
  });

  it('let as many of fifty at once go out as they allow', async () => {
    const [quotas, context] = [
      quotasOf(MAIL, { maxSendsPerIp: 7, maxSendsPer10Minutes: 100, maxSendsPerDay: 100 }),
      stagedContext(),
    ];
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => outcomeOf(() => quotas.reserve(context, targetWith()))));
    expect(outcomes.filter((outcome) => outcome === 'passes')).toHaveLength(7);
  });

  it.each([1, '', {}, false])('refuse a mailbox that is %j', async (mailbox) => {
    const quotas = quotasOf({ ...MAIL, mailboxOf: () => mailbox as string }, {});
    for (const user of [undefined, targetWith().user]) {
      const outcome = await outcomeOf(() => quotas.reserve(stagedContext(), targetWith({ user })));
      expect(outcome).toBe('option "mailboxOf" must return a string or undefined');
    }
  });

  it('name no address in the store', async () => {
    const [names, context] = [[] as string[], stagedContext()];
    const count = context.store.count.bind(context.store);
    context.store.count = (bucket, quota) => {
      names.push(bucket);
      return count(bucket, quota);
    };
    await quotasOf(RANGES, { budget: { limit: 1, windowMs: DAY } }).reserve(context, targetWith({ address: '+4915112345' }));
    expect(names).toHaveLength(5);
    for (const name of names) expect(name).toMatch(/^[\w-]{43}$/);
  });

  it('are never exceeded in any window, whenever messages are asked for', async () => {
    const waits = fc.array(fc.integer({ min: 0, max: 6 * MINUTE }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(waits, fc.integer({ min: 1, max: 4 }), async (history, limit) => {
        const [quotas, context] = [
          quotasOf(MAIL, { maxSendsPer10Minutes: limit, maxSendsPerIp: 1000, maxSendsPerDay: 1000 }),
          stagedContext(),
        ];
        const windows: number[][] = [];
        for (const wait of history) {
          context.clock.advance(wait);
          if ((await outcomeOf(() => quotas.reserve(context, targetWith()))) !== 'passes') continue;
          const window = windows.at(-1);
          if (window === undefined || context.clock() >= (window[0] ?? 0) + 10 * MINUTE) windows.push([context.clock()]);
          else window.push(context.clock());
        }
        for (const window of windows) expect(window.length).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 10 },
    );
  });
});

describe('the limits of notices', () => {
  it.each<readonly [string, AddressType, Options, string, string, boolean]>([
    ['count one range of numbers', RANGES, {}, '+4915112345', '+4915199999', false],
    ['count the budget of the factor', MAIL, { budget: { limit: 1, windowMs: DAY } }, ANN, 'bob@acme.example', false],
    ['count no address', MAIL, { maxSendsPer10Minutes: 1, maxSendsPerIp: 1 }, ANN, ANN, true],
  ])('%s', async (_sentence, kind, options, first, second, isAllowed) => {
    const [quotas, context] = [quotasOf(kind, options), stagedContext()];
    await quotas.reserveNotification(context, first);
    const outcome = await outcomeOf(() => quotas.reserveNotification(context, second));
    expect(outcome === 'passes').toBe(isAllowed);
    if (!isAllowed) expect(outcome).toMatch(/^cooldown/);
  });

  it('share a budget with codes', async () => {
    const [quotas, context] = [quotasOf(MAIL, { budget: { limit: 1, windowMs: DAY } }), stagedContext()];
    await quotas.reserveNotification(context, ANN);
    expect(await outcomeOf(() => quotas.reserve(context, targetWith()))).toMatch(/^cooldown/);
  });
});
