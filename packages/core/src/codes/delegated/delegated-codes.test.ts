import { describe, expect, it } from 'vitest';
import { ANN, codeOptions, MAIL, PHONE, targetWith, TestChannel } from '../../../test/code-stage.js';
import { TestVerifier } from '../../../test/test-verifier.js';
import { MINUTE, NEWER_KEY, OLDER_KEY, outcomeOf, stagedContext } from '../../../test/unit-stage.js';
import { Keyring } from '../../crypto/keyring.js';
import { FactorError } from '../../error/factor-error.js';
import type { AddressType } from '../address-type.js';
import type { CodeBinding } from '../code-binding.js';
import type { ResolvedCodeFactorOptions } from '../code-factor-options.js';
import { TestCodes } from '../test-codes.js';
import { OneTimeCodes } from '../one-time-codes.js';

const REJECTED = 'code_rejected: The code is wrong.';
const EXPIRED = 'code_expired: There is no valid code. Request a new one.';
const BOB = 'bob@acme.example';

class Stage {
  readonly verifier = new TestVerifier();
  readonly codes: OneTimeCodes;
  context = stagedContext();

  constructor(more: Partial<ResolvedCodeFactorOptions> = {}, type: AddressType = MAIL) {
    const options = { ...codeOptions(new TestChannel(), more), channel: this.verifier };
    this.codes = new OneTimeCodes(new TestCodes('Stage', type, options), options);
  }

  async send(target: Partial<CodeBinding> = {}): Promise<string> {
    const bound = targetWith(target);
    await (await this.codes.issue(this.context, bound)).deliver();
    return this.verifier.codeOf(bound.address);
  }

  redeem(code: string, ...targets: Partial<CodeBinding>[]): Promise<string> {
    const [first = targetWith(), ...others] = targets.map(targetWith);
    return outcomeOf(() => this.codes.redeem(this.context, [first, ...others], code));
  }

  /** Checks a code as a primary factor does, and uses it up. */
  signIn(code: string, target: Partial<CodeBinding> = {}): Promise<string> {
    return outcomeOf(async () => (await this.codes.checkAlone(this.context, targetWith(target), code)).consume());
  }

  events(): string[] {
    return this.context.events.map(({ type, reason }) => [type, reason].filter(Boolean).join(' '));
  }
}

describe('a code of a provider', () => {
  it('is started with what the provider needs, and with no code', async () => {
    const stage = new Stage({ locale: () => 'fr', validityMs: 5 * MINUTE });
    await stage.send();
    const [{ signal, key, user, mayEnd, ...started } = { signal: undefined, key: '', user: undefined, mayEnd: undefined }] =
      stage.verifier.started;
    expect(started).toEqual({
      to: ANN,
      locale: 'fr',
      purpose: 'sign-in',
      expiresAt: stage.context.clock() + 5 * MINUTE,
      validityMs: 5 * MINUTE,
      codeLength: 6,
    });
    expect(await mayEnd?.('another')).toBe(true);
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(user?.id).toBe('u1');
    expect(stage.events()).toEqual(['challenged', 'delivered']);
  });

  it('is an event with its country where the provider takes no order', async () => {
    const stage = new Stage({}, PHONE);
    stage.verifier.fault = Object.assign(new Error('secret words'), { code: 'EDOWN' });
    const asked = await outcomeOf(() => stage.send({ address: '+49301234567' }));
    expect(asked).toMatch(/^delivery_failed/);
    const [, failed] = stage.context.events;
    expect(failed).toEqual({ type: 'delivery_failed', purpose: 'sign-in', reason: 'EDOWN', country: 'DE' });
  });

  it('is right once', async () => {
    const stage = new Stage();
    stage.verifier.isForgetful = true;
    const code = await stage.send();
    expect(await stage.redeem(code)).toBe('passes');
    expect(await stage.redeem(code)).toBe(EXPIRED);
    expect(stage.verifier.checked).toHaveLength(1);
    expect(stage.events().slice(2)).toEqual(['verified', 'rejected code_expired']);
  });

  it.each([true, false])('is right for one of 20 parallel requests; the provider accepts it again: %s', async (isForgetful) => {
    const stage = new Stage({ maxAttempts: 10, maxFailures: 100 });
    stage.verifier.isForgetful = isForgetful;
    const code = await stage.send();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => stage.redeem(code)));
    expect(outcomes.filter((outcome) => outcome === 'passes')).toHaveLength(1);
    expect(stage.verifier.checked.length).toBeLessThanOrEqual(10);
  });

  it('may be tried as often as the factor says, in parallel too, before the provider is asked', async () => {
    const stage = new Stage({ maxAttempts: 5, maxFailures: 100 });
    const code = await stage.send();
    await Promise.all(Array.from({ length: 90 }, () => stage.redeem('999999')));
    expect(stage.verifier.checked).toHaveLength(5);
    expect(await stage.redeem(code)).toBe(EXPIRED);
    expect(stage.verifier.checked).toHaveLength(5);
  });

  it('is not asked for without a live code, or while the subject is locked', async () => {
    const stage = new Stage({ maxFailures: 3 });
    expect(await stage.redeem('100001')).toBe(EXPIRED);
    expect(await stage.redeem('100001')).toBe(EXPIRED);
    const code = await stage.send();
    expect(await stage.redeem('999999')).toBe(REJECTED);
    expect(await stage.redeem(code)).toMatch(/^locked: /);
    expect(stage.verifier.checked).toHaveLength(1);
  });

  it('expires when the factor says so, and when the provider does', async () => {
    const stage = new Stage({ validityMs: MINUTE });
    const code = await stage.send();
    stage.context.clock.advance(MINUTE);
    expect(await stage.redeem(code)).toBe(EXPIRED);
    expect(stage.verifier.checked).toHaveLength(0);
    await stage.send();
    await stage.verifier.check({ id: 'verification-1', to: ANN, code, signal: AbortSignal.abort() });
    expect(await stage.redeem(code)).toBe(EXPIRED);
    expect(stage.verifier.checked).toHaveLength(2);
  });

  it.each<[string, Partial<CodeBinding>]>([
    ['another user', { subject: 'other' }],
    ['another purpose', { subject: 's', purpose: 'fresh-proof' }],
    ['another address', { address: BOB }],
    ['another authenticator', { authenticator: 'a2' }],
  ])('is wrong for %s, and the provider is not asked', async (_what, other) => {
    const stage = new Stage();
    const code = await stage.send();
    expect(await stage.redeem(code, other)).toBe(EXPIRED);
    expect(await stage.signIn(code, other)).toBe(REJECTED);
    expect(stage.verifier.checked).toHaveLength(0);
    expect(await stage.redeem(code)).toBe('passes');
  });

  it('belongs to the request that started it last, where the provider sends the same code for two purposes', async () => {
    const stage = new Stage();
    stage.verifier.isForgetful = true;
    const code = await stage.send({ subject: 'first' });
    expect(await stage.send({ subject: 'second', purpose: 'fresh-proof' })).toBe(code);
    expect(await stage.redeem(code, { subject: 'first' })).toBe(EXPIRED);
    expect(stage.verifier.checked).toHaveLength(0);
    expect(await stage.redeem(code, { subject: 'second', purpose: 'fresh-proof' })).toBe('passes');
    expect(await stage.redeem(code, { subject: 'first' })).toBe(EXPIRED);
  });

  const STRANGERS: readonly (readonly [string, Partial<CodeBinding>])[] = [
    ['an enrolment', { purpose: 'enrolment' }],
    ['a passwordless sign-in', { user: undefined }],
    ['a password reset', { purpose: 'password-reset' }],
    ['the verification of an address', { purpose: 'address-verification' }],
  ];

  it.each(STRANGERS)('is not taken from a user who logs in by %s, which a stranger can start', async (_what, more) => {
    const stage = new Stage();
    const stranger = { subject: 'stranger', ...more };
    for (const purpose of ['sign-in', 'fresh-proof'] as const) {
      const owner = { subject: `owner for ${purpose}`, purpose };
      const code = await stage.send(owner);
      expect(await outcomeOf(() => stage.send(stranger))).toMatch(/^cooldown: .* retry after 2/);
      expect(await stage.verifier.started.at(-1)?.mayEnd('verification-1')).toBe(purpose === 'fresh-proof');
      expect(await stage.redeem(code, stranger)).toBe(EXPIRED);
      expect(await stage.redeem(code, owner)).toBe('passes');
      stage.context.clock.advance(MINUTE);
    }
    const free = await stage.send(stranger);
    expect(await stage.redeem(free, stranger)).toBe('passes');
  });

  it.each(STRANGERS)('is not taken from a user who logs in while a stranger starts %s', async (_what, more) => {
    const stage = new Stage();
    const [owner, stranger] = [{ subject: 'owner' }, { subject: 'stranger', ...more }];
    const { store } = stage.context;
    const issue = store.issue.bind(store);
    let [written, code] = [0, ''];
    store.issue = async (...given) => {
      written += 1;
      // The stranger has written a live code and has seen that the verification is free. Now it becomes the owner's.
      if (written === 2) code = await stage.send(owner);
      return issue(...given);
    };
    await stage.send(stranger);
    expect(await stage.redeem(code, stranger)).toBe(EXPIRED);
    expect(await stage.redeem(code, owner)).toBe('passes');
  });

  it.each(STRANGERS)('is taken from %s by a user who logs in, and may be asked for again', async (_what, more) => {
    const stage = new Stage();
    const stranger = { subject: 'stranger', ...more };
    await stage.send(stranger);
    stage.context.clock.advance(MINUTE);
    const code = await stage.send(stranger);
    await stage.send({ subject: 'owner' });
    expect(await stage.redeem(code, stranger)).toBe(EXPIRED);
    expect(await stage.redeem(code, { subject: 'owner' })).toBe('passes');
  });

  it('of an earlier verification of the provider is not accepted', async () => {
    const stage = new Stage();
    stage.verifier.isSeparate = true;
    const first = await stage.send();
    stage.context.clock.advance(MINUTE);
    const second = await stage.send();
    expect(await stage.redeem(first)).toBe(REJECTED);
    expect(await stage.redeem(second)).toBe('passes');
  });

  it('that was replaced is not asked for, while the new one is on its way', async () => {
    const stage = new Stage();
    const code = await stage.send();
    stage.context.clock.advance(MINUTE);
    await stage.codes.issue(stage.context, targetWith());
    expect(await stage.redeem(code)).toBe(EXPIRED);
    expect(stage.verifier.checked).toHaveLength(0);
  });

  it('ends the failures before it', async () => {
    const stage = new Stage({ maxFailures: 3 });
    for (let time = 0; time < 3; time += 1) {
      const code = await stage.send();
      expect(await stage.redeem('999999')).toBe(REJECTED);
      expect(await stage.redeem(code)).toBe('passes');
      stage.context.clock.advance(MINUTE);
    }
  });

  it('is accepted for the address that it was sent to, of several', async () => {
    const stage = new Stage({}, PHONE);
    const [one, other] = [
      { address: '+441234567890', authenticator: 'a1' },
      { address: '+491234567890', authenticator: 'a2' },
    ];
    const code = await stage.send(other);
    expect(await stage.redeem(code, one, other)).toBe('passes');
    expect(stage.verifier.checked.map(({ to }) => to)).toEqual([other.address]);
    expect(stage.context.events.at(-1)).toMatchObject({ type: 'verified', country: 'DE' });
  });

  it('is accepted behind another primary factor than it was requested with, once', async () => {
    const stage = new Stage({ maxFailures: 2 });
    stage.verifier.isForgetful = true;
    const code = await stage.send({ subject: 'by google' });
    const here = { subject: 'by password', others: ['by google'] };
    expect(await stage.redeem('999999', here)).toBe(REJECTED);
    expect(await stage.redeem(code, here)).toBe('passes');
    expect(await stage.redeem(code, here)).toBe(EXPIRED);
  });

  it('still opens after a key rotation', async () => {
    const stage = new Stage();
    const code = await stage.send();
    stage.context = { ...stage.context, keyring: new Keyring(`${NEWER_KEY},${OLDER_KEY}`) };
    expect(await stage.redeem(code)).toBe('passes');
  });

  it('leaves no address, code or id in the store', async () => {
    const stage = new Stage();
    const rows: unknown[] = [];
    const { store } = stage.context;
    const issue = store.issue.bind(store);
    store.issue = (...args) => (rows.push(args), issue(...args));
    const code = await stage.send();
    await stage.codes.checkAlone(stage.context, targetWith(), code);
    expect(rows).toHaveLength(4);
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`${ANN}|acme|verification-1|"${code}`));
  });
});

describe('a provider that fails', () => {
  const start = async (fault: Error): Promise<{ stage: Stage; outcome: string }> => {
    const stage = new Stage();
    stage.verifier.fault = fault;
    const outcome = await outcomeOf(() => stage.send());
    stage.verifier.fault = undefined;
    return { stage, outcome };
  };

  it.each([
    ['delivery_failed', new Error('secret words')],
    ['address_refused', new FactorError('address_refused')],
    ['cooldown', new FactorError('cooldown')],
    ['delivery_failed', new FactorError('code_rejected')],
  ])('at the start leaves no code and is %s', async (slug, fault) => {
    const { stage, outcome } = await start(fault);
    expect(outcome).toMatch(new RegExp(`^${slug}: `));
    expect(outcome).not.toContain('secret');
    expect(stage.events()[1]).toMatch(/^delivery_failed \w+$/);
    expect(await stage.redeem('100001')).toBe(EXPIRED);
    expect(stage.verifier.checked).toHaveLength(0);
  });

  it.each([undefined, '', 'x'.repeat(256), 7])('has not started anything if its id is %j', async (id) => {
    const stage = new Stage();
    stage.verifier.start = async () => ({ id }) as { id: string };
    expect(await outcomeOf(() => stage.send())).toMatch(/^delivery_failed: /);
  });

  it('at the check keeps the code, counts the attempt, and is `unavailable`', async () => {
    const stage = new Stage({ maxAttempts: 2 });
    const code = await stage.send();
    stage.verifier.fault = new Error('secret words');
    expect(await stage.redeem(code)).toBe('unavailable: The server cannot check this right now. Try again later.');
    stage.verifier.fault = undefined;
    expect(await stage.redeem(code)).toBe('passes');
  });

  it('at the check uses attempts up', async () => {
    const stage = new Stage({ maxAttempts: 2 });
    const code = await stage.send();
    stage.verifier.fault = new Error('secret words');
    await stage.redeem(code);
    await stage.redeem(code);
    stage.verifier.fault = undefined;
    expect(await stage.redeem(code)).toBe(EXPIRED);
  });

  it('at the check tells of its own limit', async () => {
    const stage = new Stage();
    const code = await stage.send();
    stage.verifier.fault = new FactorError('cooldown');
    expect(await stage.redeem(code)).toMatch(/^cooldown: /);
  });

  it.each([undefined, true, 'approved', { valid: true }])('by answering %j has verified nothing', async (answer) => {
    const stage = new Stage();
    const code = await stage.send();
    stage.verifier.check = async () => answer as 'right';
    expect(await stage.redeem(code)).toMatch(/^unavailable: /);
  });

  it('by silence is given up after the time of the factor', async () => {
    const stage = new Stage({ deliveryTimeoutMs: 50 });
    const code = await stage.send();
    const signals: AbortSignal[] = [];
    stage.verifier.check = ({ signal }) => (signals.push(signal), new Promise(() => undefined));
    expect(await stage.redeem(code)).toMatch(/^unavailable: /);
    expect(signals[0]?.aborted).toBe(true);
  });
});

describe('a code of a provider that signs in alone', () => {
  const alone = { user: undefined } as const;

  it('stays valid until it is used up, though the provider verifies it once', async () => {
    const stage = new Stage();
    const code = await stage.send(alone);
    const first = await stage.codes.checkAlone(stage.context, targetWith(), code);
    const second = await stage.codes.checkAlone(stage.context, targetWith(), code);
    expect(await stage.signIn('999999')).toBe(REJECTED);
    expect(stage.verifier.checked).toHaveLength(1);
    expect(await outcomeOf(() => second.consume())).toBe('passes');
    expect(await outcomeOf(() => first.consume())).toBe(REJECTED);
    expect(await stage.signIn(code)).toBe(REJECTED);
    expect(stage.verifier.checked).toHaveLength(1);
  });

  it('is void once a new one was asked for, even if the provider has verified it', async () => {
    const stage = new Stage();
    const checked = await stage.codes.checkAlone(stage.context, targetWith(), await stage.send(alone));
    stage.context.clock.advance(MINUTE);
    stage.verifier.fault = new Error('secret words');
    expect(await outcomeOf(() => stage.send(alone))).toMatch(/^delivery_failed: /);
    expect(await outcomeOf(() => checked.consume())).toBe(REJECTED);
  });

  it.each([true, false])('opens one session in 20 parallel requests; the provider accepts it again: %s', async (isForgetful) => {
    const stage = new Stage({ maxAttempts: 10 });
    stage.verifier.isForgetful = isForgetful;
    const code = await stage.send(alone);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => stage.signIn(code)));
    expect(outcomes.filter((outcome) => outcome === 'passes')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['passes', REJECTED]));
  });

  it('may be tried as often as the factor says, and never locks', async () => {
    const stage = new Stage({ maxAttempts: 3, maxFailures: 3 });
    await stage.send(alone);
    await Promise.all(Array.from({ length: 20 }, () => stage.signIn('999999')));
    expect(stage.verifier.checked).toHaveLength(3);
    stage.context.clock.advance(MINUTE);
    expect(await stage.signIn(await stage.send(alone))).toBe('passes');
  });

  it('answers a fault of the provider as a wrong code, and reports it', async () => {
    const stage = new Stage();
    const code = await stage.send(alone);
    stage.verifier.fault = Object.assign(new Error('secret words'), { code: 'http_503' });
    expect(await stage.signIn(code)).toBe(REJECTED);
    expect(stage.events().slice(2)).toEqual(['fault http_503', 'rejected code_rejected']);
    stage.verifier.fault = undefined;
    expect(await stage.signIn(code)).toBe('passes');
  });

  it('takes as long to reject without a verification as with one', async () => {
    const stage = new Stage();
    Object.assign(stage.verifier, { rejectionMs: 120 });
    await stage.send(alone);
    const time = async (target: Partial<CodeBinding>): Promise<number> => {
      const begun = performance.now();
      expect(await stage.signIn('999999', target)).toBe(REJECTED);
      return performance.now() - begun;
    };
    for (const target of [{}, { subject: 'unknown', address: BOB }]) expect(await time(target)).toBeGreaterThanOrEqual(119);
  });
});
