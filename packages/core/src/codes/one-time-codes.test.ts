import { describe, expect, it } from 'vitest';
import { scriptedRandom } from '../../../testing/src/scripted-random.js';
import { ANN, codeOptions, MAIL, PHONE, targetWith, TestChannel, wrongCode } from '../../test/code-stage.js';
import { MINUTE, NEWER_KEY, OLDER_KEY, outcomeOf, type StagedContext, stagedContext, userWith } from '../../test/unit-stage.js';
import { Keyring } from '../crypto/keyring.js';
import type { ConfirmedDelivery } from '../delivery/channel.js';
import { FactorError } from '../error/factor-error.js';
import { CODE_REPLACED } from '../factor/attempt.js';
import { MemoryOtpStore } from '../store/memory-otp-store.js';
import type { AddressType } from './address-type.js';
import type { CodeBinding } from './code-binding.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { OneTimeCodes } from './one-time-codes.js';
import { TestCodes } from './test-codes.js';

const REJECTED = 'code_rejected: The code is wrong.';
const EXPIRED = 'code_expired: There is no valid code. Request a new one.';

class Stage {
  readonly channel = new TestChannel();
  readonly codes: OneTimeCodes;

  constructor(
    more: Partial<ResolvedCodeFactorOptions> = {},
    readonly context: StagedContext = stagedContext(),
    kind: AddressType = MAIL,
  ) {
    const options = codeOptions(this.channel, more);
    this.codes = new OneTimeCodes(new TestCodes('Stage', kind, options), options);
  }

  /** Sends a code and gives it. */
  async send(target: Partial<CodeBinding> = {}): Promise<string> {
    await (await this.codes.issue(this.context, targetWith(target))).deliver();
    return this.channel.code;
  }

  redeem(code: string, target: Partial<CodeBinding> = {}, context = this.context): Promise<string> {
    return outcomeOf(() => this.codes.redeem(context, [targetWith(target)], code));
  }
}

/** As {@link Stage}, on a store that counts, compares and spends in steps. */
const stepwise = (more: Partial<ResolvedCodeFactorOptions> = {}): Stage => {
  const context = stagedContext();
  Reflect.set(context.store, 'redeem', undefined);
  return new Stage(more, context);
};

describe('a code that is issued', () => {
  it('is told of by a masked address and two times', async () => {
    const { codes, context } = new Stage({ cooldownMs: 30_000, validityMs: MINUTE });
    const now = context.clock();
    expect((await codes.issue(context, targetWith())).reply).toEqual({
      status: 'sent',
      destination: 'a***',
      expiresAt: new Date(now + MINUTE).toISOString(),
      resendAt: new Date(now + 30_000).toISOString(),
    });
  });

  it.each<readonly [string, readonly unknown[], readonly string[]]>([
    ['a function that returns true', [() => true], []],
    ['a check that returns false', [() => true, { header: 'x-a', check: () => false }], ['address_refused']],
    ['a check of all that returns no boolean', [{ header: 'x-a', check: () => 'true' }], ['address_refused']],
    ['a function that returns no boolean', [{ header: 'x-a', check: () => true }, async () => 1], ['address_refused']],
    ['every rule', [{ header: 'x-a', check: async () => true }, () => true, async () => true], []],
  ])('needs all of `allow`: %s', async (_what, allow, slugs) => {
    const stage = new Stage({ allow: allow as NonNullable<ResolvedCodeFactorOptions['allow']> });
    const outcome = await outcomeOf(() => stage.send());
    expect(outcome === 'passes' ? [] : [outcome.split(':')[0]]).toEqual(slugs);
  });

  it.each([
    ['a user', {}],
    ['a stranger', { user: undefined }],
  ])(
    'asks functions of `allow` five times as often as a network may send, whatever becomes of the messages: %s',
    async (_who, who) => {
      let asked = 0;
      const stage = new Stage({ maxSendsPerIp: 1, allow: () => (asked += 1) < 100 });
      const outcomes: string[] = [];
      for (let index = 0; index < 10; index += 1) outcomes.push((await outcomeOf(() => stage.send(who))).split(':')[0] ?? '');
      expect([asked, outcomes[0], new Set(outcomes.slice(1))]).toEqual([5, 'passes', new Set(['cooldown'])]);
      await outcomeOf(() => stage.codes.issue({ ...stage.context, ip: '198.51.100.1' }, targetWith(who)));
      expect(asked).toBe(6);
      stage.context.clock.advance(10 * MINUTE);
      expect([await outcomeOf(() => stage.send(who)), asked]).toEqual(['passes', 7]);
    },
  );

  it('keeps one user from causing the questions of all users of a network', async () => {
    const asked = new Map<string | undefined, number>();
    const allow = (_address: string, { user }: { readonly user?: { readonly id: string } | undefined }): boolean =>
      Boolean(asked.set(user?.id, (asked.get(user?.id) ?? 0) + 1));
    const stage = new Stage({ allow });
    const ask = (id: string): Promise<string> =>
      outcomeOf(() => stage.codes.issue(stage.context, targetWith({ subject: id, user: userWith({}, id) })));
    for (let index = 0; index < 120; index += 1) await ask('thief');
    expect(await ask('victim')).toBe('passes');
    expect([...asked]).toEqual([
      ['thief', 25],
      ['victim', 1],
    ]);
  });

  it('asks checks of the request before functions, and no more once they have passed', async () => {
    const asked: string[] = [];
    const rule = (name: string): (() => boolean) => {
      return () => Boolean(asked.push(name));
    };
    const allow = [rule('first'), { header: 'x-a', check: rule('check') }, rule('second')];
    const stage = new Stage({ allow });
    await stage.send();
    expect(asked).toEqual(['check', 'first', 'second']);
    const context = Object.assign(stagedContext(), { isChecked: true });
    await stage.codes.issue(context, targetWith());
    expect(asked.slice(3)).toEqual(['first', 'second']);
  });

  it.each([6, 7, 8, 9])('has %i digits where the option says so', async (codeLength) => {
    expect(await new Stage({ codeLength }).send()).toMatch(new RegExp(`^\\d{${codeLength}}$`));
  });

  it('is what the random source gives, with its leading zeros', async () => {
    expect(await new Stage({}, stagedContext({ random: scriptedRandom('42') })).send()).toBe('000042');
  });

  it('is not issued where the random source fails, and nothing is counted', async () => {
    const stage = new Stage({ maxSendsPer10Minutes: 1 }, stagedContext({ random: scriptedRandom() }));
    expect(await outcomeOf(() => stage.send())).toMatch(/^unavailable/);
    expect(
      await outcomeOf(() => new Stage({ maxSendsPer10Minutes: 1 }, { ...stage.context, random: scriptedRandom('1') }).send()),
    ).toBe('passes');
  });

  it('is sent to its address once, with all that a message is written from', async () => {
    const { channel, context, ...stage } = new Stage({ appName: 'Acme' });
    await (await stage.codes.issue(context, targetWith({ purpose: 'fresh-proof' }))).deliver();
    expect(channel.taken).toHaveLength(1);
    expect(channel.taken[0]).toMatchObject({
      to: ANN,
      purpose: 'fresh-proof',
      locale: 'en',
      validMinutes: 10,
      expiresAt: context.clock() + 10 * MINUTE,
      subject: 'Your Acme code',
    });
    expect(channel.taken[0]?.text).toContain(channel.code);
  });

  it('says in events that it was made and delivered, and neither where nor what', async () => {
    const stage = new Stage();
    const code = await stage.send();
    expect(stage.context.events).toEqual([
      { type: 'challenged', purpose: 'sign-in' },
      { type: 'delivered', purpose: 'sign-in' },
    ]);
    expect(JSON.stringify(stage.context.events)).not.toMatch(new RegExp(`${code}|acme`));
  });

  it.each<readonly [string, number, string]>([
    ['is refused within the cooldown', MINUTE - 1, 'cooldown'],
    ['may follow another after the cooldown', MINUTE, 'passes'],
  ])('%s', async (_sentence, later, expected) => {
    const stage = new Stage();
    await stage.send();
    stage.context.clock.advance(later);
    expect((await outcomeOf(() => stage.send())).split(':')[0]).toBe(expected);
  });

  it('that is refused within the cooldown leaves the live code, and counts nothing', async () => {
    const stage = new Stage({ maxSendsPer10Minutes: 2 });
    const code = await stage.send();
    for (let time = 0; time < 10; time += 1) await outcomeOf(() => stage.send());
    expect(await stage.redeem(code)).toBe('passes');
    stage.context.clock.advance(MINUTE);
    expect(await outcomeOf(() => stage.send())).toBe('passes');
    expect(stage.channel.taken).toHaveLength(2);
  });

  it('is issued once of twenty at the same moment', async () => {
    const stage = new Stage();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(() => stage.send())));
    expect(outcomes.filter((outcome) => outcome === 'passes')).toHaveLength(1);
    expect(stage.channel.taken).toHaveLength(1);
  });

  it.each<readonly [string, unknown, string]>([
    ['gives true', true, 'passes'],
    ['later gives true', Promise.resolve(true), 'passes'],
    ['gives false', false, 'address_refused: This address or phone number cannot be used.'],
    ['gives what is only like true', 1, 'address_refused: This address or phone number cannot be used.'],
    ['gives nothing', undefined, 'address_refused: This address or phone number cannot be used.'],
  ])('is sent or refused as the rule of the application %s', async (_sentence, result, expected) => {
    const asked: unknown[] = [];
    const allow = (address: string, about: object): boolean => {
      asked.push([address, Object.keys(about).toSorted()]);
      return result as boolean;
    };
    const stage = new Stage({ allow });
    expect(await outcomeOf(() => stage.send())).toBe(expected);
    expect(asked).toEqual([[ANN, ['emit', 'headers', 'installationId', 'ip', 'purpose', 'user']]]);
    expect(stage.channel.taken).toHaveLength(expected === 'passes' ? 1 : 0);
  });

  it('that no channel takes is void, and its cooldown stays', async () => {
    const stage = new Stage();
    stage.channel.fault = Object.assign(new Error('secret text'), { code: 'ECONNREFUSED' });
    const { deliver } = await stage.codes.issue({ ...stage.context, random: scriptedRandom('123456') }, targetWith());
    await expect(deliver()).rejects.toMatchObject({ code: 'delivery_failed', cause: stage.channel.fault });
    expect(stage.context.events.at(-1)).toEqual({ type: 'delivery_failed', purpose: 'sign-in', reason: 'ECONNREFUSED' });
    expect(await stage.redeem('123456')).toBe(EXPIRED);
    expect(await outcomeOf(() => stage.send())).toMatch(/^cooldown/);
  });

  it('for an address that the channel refuses is void, and says so', async () => {
    const stage = new Stage();
    stage.channel.fault = new FactorError('address_refused');
    expect(await outcomeOf(() => stage.send())).toBe('address_refused: This address or phone number cannot be used.');
  });

  it('to a phone is counted by country', async () => {
    const stage = new Stage({ cooldownMs: 1000 }, stagedContext(), PHONE);
    const code = await stage.send({ address: '+4915112345' });
    await stage.redeem(code, { address: '+4915112345' });
    expect(stage.context.events.filter(({ country }) => country !== undefined)).toEqual([
      { type: 'delivered', purpose: 'sign-in', country: 'DE', sent: 1, verified: 0 },
      { type: 'verified', purpose: 'sign-in', country: 'DE', sent: 1, verified: 1 },
    ]);
  });
});

describe.each<readonly [string, typeof stepwise]>([
  ['in one step', (more) => new Stage(more)],
  ['in several steps', stepwise],
])('a code that is redeemed %s', (_name, stageWith) => {
  it('passes', async () => {
    const stage = stageWith();
    expect(await stage.redeem(await stage.send())).toBe('passes');
    expect(stage.context.events.at(-1)).toEqual({ type: 'verified', purpose: 'sign-in' });
  });

  it('passes once', async () => {
    const stage = stageWith();
    const code = await stage.send();
    expect([await stage.redeem(code), await stage.redeem(code)]).toEqual(['passes', EXPIRED]);
  });

  it('passes once of twenty at the same moment', async () => {
    const stage = stageWith({ maxAttempts: 10, maxFailures: 100 });
    const code = await stage.send();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => stage.redeem(code)));
    expect(outcomes.filter((outcome) => outcome === 'passes')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['passes', EXPIRED]));
  });

  it.each<readonly [string, number, string]>([
    ['passes in its last millisecond', 10 * MINUTE - 1, 'passes'],
    ['has expired when its time is over', 10 * MINUTE, EXPIRED],
  ])('%s', async (_sentence, later, expected) => {
    const stage = stageWith();
    const code = await stage.send();
    stage.context.clock.advance(later);
    expect(await stage.redeem(code)).toBe(expected);
  });

  it('stays expired when the clock steps back', async () => {
    const stage = stageWith();
    const code = await stage.send();
    stage.context.clock.advance(10 * MINUTE);
    await stage.redeem(code);
    stage.context.clock.advance(-MINUTE);
    expect(await stage.redeem(code)).toBe(EXPIRED);
  });

  it('is refused where it is wrong, and the right one still passes', async () => {
    const stage = stageWith();
    const code = await stage.send();
    expect(await stage.redeem(wrongCode(code))).toBe(REJECTED);
    expect(await stage.redeem(code)).toBe('passes');
    expect(stage.context.events.filter(({ type }) => type === 'rejected')).toEqual([
      { type: 'rejected', purpose: 'sign-in', reason: 'code_rejected' },
    ]);
  });

  it('is refused where none was sent', async () => {
    expect(await stageWith().redeem('123456')).toBe(EXPIRED);
  });

  it.each<readonly [string, Partial<CodeBinding>]>([
    ['for another address', { address: 'bob@acme.example' }],
    ['for another subject', { subject: 'other' }],
  ])('is refused %s', async (_sentence, target) => {
    const stage = stageWith();
    expect(await stage.redeem(await stage.send(), target)).toMatch(/^code_(?:rejected|expired)/);
  });

  it('is refused once the attempts are used up', async () => {
    const stage = stageWith({ maxAttempts: 3 });
    const code = await stage.send();
    for (let time = 0; time < 3; time += 1) expect(await stage.redeem(wrongCode(code))).toBe(REJECTED);
    expect(await stage.redeem(code)).toBe(EXPIRED);
  });

  it('is compared no more often than allowed of fifty guesses at the same moment', async () => {
    const stage = stageWith({ maxAttempts: 3, maxFailures: 100 });
    const code = await stage.send();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => stage.redeem(wrongCode(code))));
    expect(outcomes.filter((outcome) => outcome === REJECTED)).toHaveLength(3);
    expect(await stage.redeem(code)).toBe(EXPIRED);
  });

  it('is locked after as many failures as are allowed', async () => {
    const stage = stageWith({ maxFailures: 2, lockMs: MINUTE, maxLockMs: MINUTE });
    const code = await stage.send();
    for (let time = 0; time < 2; time += 1) await stage.redeem(wrongCode(code));
    expect(await stage.redeem(code)).toMatch(/^locked: .* retry after /);
    stage.context.clock.advance(MINUTE);
    expect(await stage.redeem(code)).toBe('passes');
  });

  it('that a newer one has replaced is refused, and says why', async () => {
    const stage = stageWith();
    const older = await stage.send();
    stage.context.clock.advance(MINUTE);
    const newer = await stage.send();
    const replaced = `code_rejected: ${CODE_REPLACED.sentence}`;
    expect([await stage.redeem(older), await stage.redeem(older), await stage.redeem(newer)]).toEqual([
      replaced,
      replaced,
      'passes',
    ]);
    expect(stage.context.events.filter(({ reason }) => reason === 'code_replaced')).toHaveLength(2);
  });

  it('that a newer one has replaced costs attempts like any other', async () => {
    const stage = stageWith({ maxAttempts: 2 });
    const older = await stage.send();
    stage.context.clock.advance(MINUTE);
    const newer = await stage.send();
    for (let time = 0; time < 2; time += 1) await stage.redeem(older);
    expect(await stage.redeem(newer)).toBe(EXPIRED);
  });

  it('that was asked for behind another primary factor passes once', async () => {
    const stage = stageWith();
    const code = await stage.send({ subject: 'behind mail' });
    const target = { subject: 's', others: ['behind google', 'behind mail'] };
    expect(await stage.redeem(wrongCode(code), target)).toMatch(/^code_/);
    expect([await stage.redeem(code, target), await stage.redeem(code, target)]).toEqual(['passes', EXPIRED]);
  });

  it('that was asked for behind another primary factor takes failures back', async () => {
    const stage = stageWith({ maxFailures: 3 });
    const target = { subject: 's', others: ['behind mail'] };
    for (let round = 0; round < 3; round += 1) {
      const code = await stage.send({ subject: 'behind mail' });
      await stage.redeem(wrongCode(code), target);
      expect(await stage.redeem(code, target)).toBe('passes');
      stage.context.clock.advance(MINUTE);
    }
  });

  it('passes after a rotation of keys, and not without its key', async () => {
    const stage = stageWith();
    const code = await stage.send();
    const under = (keys: string): StagedContext => ({ ...stage.context, keyring: new Keyring(keys) });
    expect(await stage.redeem(code, {}, under(NEWER_KEY))).toBe(REJECTED);
    expect(await stage.redeem(code, {}, under(`${NEWER_KEY},${OLDER_KEY}`))).toBe('passes');
  });
});

describe('a code that signs in alone', () => {
  const target = targetWith({ user: undefined });
  const check = (stage: Stage, code: string): Promise<string> =>
    outcomeOf(() => stage.codes.checkAlone(stage.context, target, code));

  it('is checked without being spent, and spent by exactly one', async () => {
    const stage = new Stage();
    const code = await stage.send({ user: undefined });
    const [one, other] = [
      await stage.codes.checkAlone(stage.context, target, code),
      await stage.codes.checkAlone(stage.context, target, code),
    ];
    const outcomes = await Promise.all([outcomeOf(one.consume), outcomeOf(other.consume)]);
    expect(outcomes.toSorted()).toEqual([REJECTED, 'passes'].toSorted());
    expect(await check(stage, code)).toBe(REJECTED);
  });

  it.each<readonly [string, (code: string) => string]>([
    ['is wrong', wrongCode],
    ['has too few digits', (code) => code.slice(1)],
    ['is empty', () => ''],
  ])('is refused where it %s, and logged', async (_sentence, change) => {
    const stage = new Stage();
    expect(await check(stage, change(await stage.send({ user: undefined })))).toBe(REJECTED);
    expect(stage.context.events.at(-1)).toEqual({ type: 'rejected', purpose: 'sign-in', reason: 'code_rejected' });
  });

  it('is refused in the same words where none was sent, which writes nothing', async () => {
    const stage = new Stage();
    const names: string[] = [];
    Reflect.set(
      stage.context.store,
      'change',
      async (name: string, step: (row: undefined) => { result: unknown; row?: unknown }) => {
        const { result, row } = step(undefined);
        if (row !== undefined) names.push(name);
        return result;
      },
    );
    expect(await check(stage, '123456')).toBe(REJECTED);
    expect(names).toEqual([]);
    expect(stage.context.events).toEqual([{ type: 'rejected', purpose: 'sign-in', reason: 'code_rejected', isLogged: false }]);
  });

  it('has used up its attempts after as many as are allowed, and never locks', async () => {
    const stage = new Stage({ maxAttempts: 3, maxFailures: 1 });
    const code = await stage.send({ user: undefined });
    for (let time = 0; time < 20; time += 1) expect(await check(stage, wrongCode(code))).toBe(REJECTED);
    expect(await check(stage, code)).toBe(REJECTED);
    stage.context.clock.advance(MINUTE);
    expect(await check(stage, await stage.send({ user: undefined }))).toBe('passes');
    expect(stage.context.events.filter(({ type }) => type === 'locked')).toEqual([]);
  });

  it('is issued in spite of a lock that an earlier version has left', async () => {
    const stage = new Stage();
    await stage.context.store.attempt('s', { maxAttempts: 1, maxFailures: 1, lockMs: MINUTE, maxLockMs: MINUTE });
    expect(await outcomeOf(() => stage.send())).toMatch(/^locked/);
    expect(await outcomeOf(() => stage.send({ user: undefined }))).toBe('passes');
  });

  it('says nothing of a code that a newer one has replaced', async () => {
    const stage = new Stage();
    const older = await stage.send({ user: undefined });
    stage.context.clock.advance(MINUTE);
    await stage.send({ user: undefined });
    expect(await check(stage, older)).toBe(REJECTED);
  });
});

it('neither a code nor an address can be read in the store', async () => {
  const kept: string[] = [];
  class Spy extends MemoryOtpStore {
    override issue(...given: Parameters<MemoryOtpStore['issue']>): ReturnType<MemoryOtpStore['issue']> {
      kept.push(JSON.stringify(given));
      return super.issue(...given);
    }
  }
  const { clock } = stagedContext();
  const stage = new Stage({}, stagedContext({ clock, store: new Spy({ clock }) }));
  const code = await stage.send();
  expect(kept).toHaveLength(2);
  expect(kept.join(' ')).not.toMatch(new RegExp(`acme|"${code}`));
});

describe('a channel that reports conversions', () => {
  class ReportingChannel extends TestChannel {
    readonly confirmations: string[] = [];
    async confirmed({ to, code }: ConfirmedDelivery): Promise<void> {
      this.confirmations.push(`${to} ${code}`);
      throw new Error('secret words');
    }
  }
  const reporting = (
    context = stagedContext(),
    more: Partial<ResolvedCodeFactorOptions> = {},
  ): { channel: ReportingChannel; codes: OneTimeCodes; context: StagedContext } => {
    const channel = new ReportingChannel();
    const options = codeOptions(channel, more);
    return { channel, context, codes: new OneTimeCodes(new TestCodes('Factor', MAIL, options), options) };
  };

  it.each(['at once', 'in steps'])(
    'hears of each code that is verified %s, and of no other; the verification does not wait for it',
    async (how) => {
      const { channel, context, codes } = reporting();
      if (how === 'in steps') Reflect.set(context.store, 'redeem', undefined);
      await (await codes.issue(context, targetWith())).deliver();
      const { code } = channel;
      await outcomeOf(() => codes.redeem(context, [targetWith()], wrongCode(code)));
      expect(channel.confirmations).toEqual([]);
      await codes.redeem(context, [targetWith()], code);
      expect(channel.confirmations).toEqual([`${ANN} ${code}`]);
      expect(await Promise.allSettled(context.pending)).toMatchObject([{ status: 'rejected' }]);
      await outcomeOf(() => codes.redeem(context, [targetWith()], code));
      expect(channel.confirmations).toHaveLength(1);
    },
  );

  it('hears of each address that the code may have been sent to, and in steps only of the one that it was sent to', async () => {
    const other = 'bob@acme.example';
    const bindings = [targetWith({ address: other }), targetWith()] as const;
    for (const [isInSteps, addresses] of [
      [false, [other, ANN]],
      [true, [ANN]],
    ] as const) {
      const { channel, context, codes } = reporting();
      if (isInSteps) Reflect.set(context.store, 'redeem', undefined);
      await (await codes.issue(context, targetWith())).deliver();
      await codes.redeem(context, bindings, channel.code);
      expect(channel.confirmations).toEqual(addresses.map((address) => `${address} ${channel.code}`));
      await Promise.allSettled(context.pending);
    }
  });

  it('hears nothing of a fixed code, which was not sent', async () => {
    const { channel, context, codes } = reporting(
      { ...stagedContext(), mayUseTestCodes: async () => true },
      { testCodes: { addresses: { [ANN]: '112233' }, until: '2030-01-31' } },
    );
    await (await codes.issue(context, targetWith())).deliver();
    await codes.redeem(context, [targetWith({ address: 'bob@acme.example' }), targetWith()], '112233');
    expect(context.events.map(({ type }) => type)).toEqual(['challenged', 'verified', 'test_code_used']);
    expect(channel.confirmations).toEqual([]);
  });

  it('hears of a code that signs in alone once it is used up', async () => {
    const { channel, context, codes } = reporting();
    await (await codes.issue(context, targetWith({ user: undefined }))).deliver();
    const checked = await codes.checkAlone(context, targetWith(), channel.code);
    expect(channel.confirmations).toEqual([]);
    await checked.consume();
    await outcomeOf(() => checked.consume());
    expect(channel.confirmations).toEqual([`${ANN} ${channel.code}`]);
    await Promise.allSettled(context.pending);
  });
});

describe('a fixed code of the option "testCodes"', () => {
  const FICTIONAL = '+15550100';
  const kind: AddressType = {
    ...PHONE,
    normalise: (input) => {
      if (input === FICTIONAL) throw new FactorError('address_refused');
      return input;
    },
    normaliseForTests: (input) => input,
  };
  const testCodes = { addresses: { [FICTIONAL]: '112233', '+49301234567': '112233' }, until: '2030-01-31' };
  const staged = (): Stage => new Stage({ testCodes }, { ...stagedContext(), mayUseTestCodes: async () => true }, kind);

  it.each([FICTIONAL, '+49301234567'])('is live for %s, is not sent, and counts for no country', async (address) => {
    const stage = staged();
    expect(await stage.send({ address })).toBe('no message');
    expect(await stage.redeem('112233', { address })).toBe('passes');
    expect(stage.context.events).toEqual([
      { type: 'challenged', purpose: 'sign-in' },
      { type: 'verified', purpose: 'sign-in' },
      { type: 'test_code_used', purpose: 'sign-in' },
    ]);
    expect(await stage.redeem('112233', { address })).toBe(EXPIRED);
  });

  it('counts as an attempt where it is not accepted', async () => {
    const stage = staged();
    await stage.send({ address: FICTIONAL });
    const others = { ...stage.context, mayUseTestCodes: async () => false };
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await stage.redeem('112233', { address: FICTIONAL }, others)).toMatch(/^code_rejected/);
    }
    expect(await stage.redeem('112233', { address: FICTIONAL })).toBe(EXPIRED);
  });

  it('keeps notices from fictional numbers, and only from those', () => {
    const { codes } = staged();
    const change = { type: 'removed', request: { headers: {}, ip: undefined, installationId: undefined } } as const;
    expect(codes.notice(FICTIONAL, userWith(), change)).toBeUndefined();
    expect(codes.notice('+49301234567', userWith(), change)).toBeDefined();
  });
});
