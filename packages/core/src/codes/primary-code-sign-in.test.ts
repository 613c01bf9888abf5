import { describe, expect, it } from 'vitest';
import { ANN, codeOptions, MAIL, TestChannel, wrongCode } from '../../test/code-stage.js';
import { MINUTE, NEWER_KEY, OLDER_KEY, outcomeOf, type StagedContext, stagedContext } from '../../test/unit-stage.js';
import { Keyring } from '../crypto/keyring.js';
import type { EnrolledContext } from '../factor/context.js';
import type { SignInUsers, VerifiedCredential } from '../factor/primary-sign-in.js';
import type { AddressEnrolment } from './address-type.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { OneTimeCodes } from './one-time-codes.js';
import { PrimaryCodeSignIn } from './primary-code-sign-in.js';
import { TestCodes } from './test-codes.js';

const REJECTED = 'code_rejected: The code is wrong.';

class Stage {
  readonly channel = new TestChannel();
  readonly context: StagedContext = stagedContext({ key: 'mailLogin' });
  readonly signIn: PrimaryCodeSignIn;
  readonly asked: string[] = [];
  readonly #users: SignInUsers;

  constructor(more: Partial<ResolvedCodeFactorOptions> = {}, isKnown = true) {
    const options = codeOptions(this.channel, { policy: 'default', ...more });
    this.signIn = new PrimaryCodeSignIn(MAIL, options, new OneTimeCodes(new TestCodes('Stage', MAIL, options), options));
    this.#users = {
      isKnown: async (id: string) => this.asked.push(id) > 0 && isKnown,
    } as unknown as SignInUsers;
  }

  begin(payload: unknown = { email: ANN }): Promise<object> {
    return this.signIn.begin(this.context, payload, this.#users);
  }

  check(payload: unknown, enrolment?: { address: string }, storedId?: string): Promise<string> {
    return outcomeOf(() => this.verify(payload, enrolment, storedId));
  }

  async verify(payload: unknown, enrolment?: { address: string }, storedId?: string): Promise<VerifiedCredential> {
    const found = { context: this.context as unknown as EnrolledContext<AddressEnrolment>, enrolment, storedId };
    return this.signIn.verify(this.context, this.signIn.read(payload), found);
  }
}

describe('beginning to sign in by a code', () => {
  it('sends it to the address in its one form, and gives the id to answer with', async () => {
    const stage = new Stage();
    expect(await stage.begin({ email: 'Ann@ACME.example' })).toMatchObject({ status: 'sent', destination: 'a***', id: ANN });
    expect(stage.channel.taken.map(({ to }) => to)).toEqual([ANN]);
  });

  it('asks for no user where anyone may sign up', async () => {
    const stage = new Stage({ signUp: true }, false);
    await stage.begin();
    expect([stage.asked, stage.channel.taken.length, stage.context.pending.length]).toEqual([[], 1, 0]);
  });

  it('sends to a known user where sign-up is off, and does not wait for it', async () => {
    const stage = new Stage({ signUp: false }, true);
    await stage.begin();
    expect(stage.context.pending).toHaveLength(1);
    await Promise.all(stage.context.pending);
    expect([stage.asked, stage.channel.taken.length]).toEqual([[ANN], 1]);
  });

  it('sends nothing to a stranger where sign-up is off, and gives the same reply', async () => {
    const [known, stranger] = [new Stage({ signUp: false }, true), new Stage({ signUp: false }, false)];
    expect(await stranger.begin()).toEqual(await known.begin());
    expect(stranger.context.pending).toEqual([]);
    expect(stranger.channel.taken).toEqual([]);
    expect(stranger.context.events).toEqual([{ type: 'challenged', purpose: 'sign-in' }]);
  });

  it('holds a stranger to the same cooldown as a known user', async () => {
    for (const isKnown of [true, false]) {
      const stage = new Stage({ signUp: false }, isKnown);
      await stage.begin();
      expect(await outcomeOf(() => stage.begin())).toMatch(/^cooldown/);
    }
  });

  it('fails where the message of a sign-up fails', async () => {
    const stage = new Stage();
    stage.channel.fault = new Error('down');
    expect(await outcomeOf(() => stage.begin())).toMatch(/^delivery_failed/);
  });

  it.each<readonly [string, unknown, string]>([
    ['without an address', {}, 'Field "email" must be an address.'],
    ['with a text', ANN, 'Expected an object with exactly these fields: email.'],
    ['with an id', { id: ANN }, 'Expected an object with exactly these fields: email.'],
    ['with what is no address', { email: 'ann' }, 'This is no e-mail address.'],
  ])('is refused %s', async (_sentence, payload, sentence) => {
    const stage = new Stage();
    expect(await outcomeOf(() => stage.begin(payload))).toBe(`invalid_input: ${sentence}`);
    expect(stage.channel.taken).toEqual([]);
  });
});

describe('an answer that signs in by a code', () => {
  const sent = async (): Promise<readonly [Stage, string]> => {
    const stage = new Stage();
    await stage.begin();
    return [stage, stage.channel.code];
  };

  it('proves its id, and is spent by exactly one', async () => {
    const [stage, code] = await sent();
    const proven = await Promise.all([1, 2].map(() => stage.verify({ id: ANN, code })));
    expect(proven.map(({ id }) => id)).toEqual([ANN, ANN]);
    const outcomes = await Promise.all(proven.map(({ consume }) => outcomeOf(consume)));
    expect(outcomes.filter((outcome) => outcome === 'passes')).toHaveLength(1);
  });

  it.each<readonly [string, (code: string) => readonly [unknown, { address: string }?, string?], string]>([
    ['passes for the user who has that address', (code) => [{ id: ANN, code }, { address: ANN }, ANN], 'passes'],
    [
      'passes under the id as it is stored in another spelling',
      (code) => [{ id: 'Ann@acme.example', code }, { address: ANN }, 'Ann@acme.example'],
      'passes',
    ],
    ['is refused where its code is wrong', (code) => [{ id: ANN, code: wrongCode(code) }], REJECTED],
    ['is refused for a user with another address', (code) => [{ id: ANN, code }, { address: 'bob@acme.example' }, ANN], REJECTED],
    ['is refused for another address', (code) => [{ id: 'bob@acme.example', code }], REJECTED],
    [
      'is refused in another spelling where no user has the id',
      (code) => [{ id: 'Ann@acme.example', code }],
      'invalid_input: Field "id" must be the normalised address, for example in lower case and without spaces.',
    ],
    [
      'is refused without an id',
      (code) => [{ email: ANN, code }],
      'invalid_input: Field "id" must be the email that the code was sent to.',
    ],
    [
      'is refused where it is a code alone',
      (code) => [code],
      'invalid_input: Field "id" must be the email that the code was sent to.',
    ],
  ])('%s', async (_sentence, given, expected) => {
    const [stage, code] = await sent();
    expect(await stage.check(...given(code))).toBe(expected);
  });

  it('for a user with another address costs no attempt', async () => {
    const [stage, code] = await sent();
    for (let time = 0; time < 20; time += 1) await stage.check({ id: ANN, code }, { address: 'bob@acme.example' }, ANN);
    expect(await stage.check({ id: ANN, code })).toBe('passes');
  });

  it('is refused when its time is over', async () => {
    const [stage, code] = await sent();
    stage.context.clock.advance(10 * MINUTE);
    expect(await stage.check({ id: ANN, code })).toBe(REJECTED);
  });

  it.each<readonly [string, unknown, boolean]>([
    ['can be read', { id: ANN, code: '123456' }, true],
    ['cannot be read without an id', { code: '123456' }, false],
    ['cannot be read with too few digits', { id: ANN, code: '12345' }, false],
  ])('%s, before anything is counted', async (_sentence, payload, isReadable) => {
    expect(await outcomeOf(() => new Stage().signIn.read(payload))).toMatch(isReadable ? /^passes/ : /^invalid_input/);
  });
});

describe('the id of a user who signs in by a code', () => {
  it('is the address, and stands for it', () => {
    const { signIn } = new Stage();
    expect(signIn.identity.idOf({ address: ANN })).toBe(ANN);
    expect(signIn.identity.enrolmentOf('Ann@ACME.example')).toEqual({ address: ANN });
    expect(() => signIn.identity.enrolmentOf('ann')).toThrow(/^invalid_input/);
  });

  it.each<readonly [string, unknown, boolean]>([
    ['is adopted of a user of before the date', '2024-12-31T23:59:59.999Z', true],
    ['is adopted of a user of before the date, given as a date', new Date(0), true],
    ['is not adopted of a user of that moment', '2025-01-01T00:00:00.000Z', false],
    ['is not adopted of a user without a date', undefined, false],
    ['is not adopted of a user whose date cannot be read', 'long ago', false],
  ])('%s', (_sentence, createdAt, expected) => {
    expect(new Stage({ adoptIdsBefore: Date.UTC(2025, 0) }).signIn.identity.acceptsUnsealedId(createdAt)).toBe(expected);
  });

  it('is never adopted by default', () => {
    expect(new Stage().signIn.identity.acceptsUnsealedId(new Date(0))).toBe(false);
  });

  it('is named in the store by a digest that never changes, and that a newer key does not change', () => {
    const { signIn, context } = new Stage();
    const name = signIn.identity.subject(context, ANN);
    expect(name).toBe('wn83q0z7M8A2NOch-1CFTxs_PhRHAST054-1uKzuX8c');
    expect(signIn.identity.subject({ ...context, keyring: new Keyring(`${NEWER_KEY},${OLDER_KEY}`) }, ANN)).toBe(name);
    expect(signIn.identity.subject({ ...context, appId: 'other' }, ANN)).not.toBe(name);
    expect(signIn.identity.subject({ ...context, key: 'other' }, ANN)).not.toBe(name);
    expect(signIn.identity.subject(context, 'bob@acme.example')).not.toBe(name);
  });
});
