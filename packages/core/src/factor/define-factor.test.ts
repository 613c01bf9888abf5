import { describe, expect, it } from 'vitest';
import { MINUTE, outcomeOf, type StagedContext, stagedContext, userWith } from '../../test/unit-stage.js';
import { FactorConfigError } from '../error/config-error.js';
import { UNLIMITED } from '../store/otp-store.js';
import { digitsRule } from '../validation/payload.js';
import { defineFactor, type FactorDefinition } from './define-factor.js';
import { factorSubject } from './factor-subject.js';
import type { Factor } from './factor.js';

interface Card {
  readonly serial: string;
  readonly uses: number;
}

const CARD: Card = { serial: 'c-1', uses: 0 };
const DEFINITION: FactorDefinition<Card> = {
  answer: digitsRule(6),
  begin: () => ({ expected: '111111', enrolment: CARD, reply: { hint: 'begin' } }),
  challenge: () => ({ expected: '222222', reply: { hint: 'challenge' } }),
};

const cardWith = (more: Partial<FactorDefinition<Card>> = {}): Factor<Card> => defineFactor({ ...DEFINITION, ...more });

interface Challenged {
  readonly factor: Factor<Card>;
  readonly context: StagedContext;
}

const challenged = async (more: Partial<FactorDefinition<Card>> = {}): Promise<Challenged> => {
  const [factor, context] = [cardWith(more), stagedContext({ key: 'card' })];
  await factor.challenge(context, 'sign-in', CARD);
  return { factor, context };
};

const contextOf = (context: StagedContext): Parameters<Factor<Card>['verify']>[0] =>
  context as unknown as Parameters<Factor<Card>['verify']>[0];
const answer = ({ factor, context }: Challenged, payload: unknown): Promise<string> =>
  outcomeOf(async () => {
    const command = await factor.read(payload, { at: 'sign-in', user: userWith(), enrolment: CARD });
    if (command.do !== 'answer') throw new Error(command.do);
    await factor.verify(contextOf(context), 'sign-in', command.answer, CARD);
  });

describe('the definition of a factor', () => {
  it.each<readonly [string, object]>([
    ['"answer" that is missing', { answer: undefined }],
    ['"answer" that is a pattern alone', { answer: /^x$/ }],
    ['"answer" whose form is no function', { answer: { ...digitsRule(6), tidy: 'x' } }],
    ['"begin" that is missing', { begin: undefined }],
    ['"challenge" that is no function', { challenge: '222222' }],
    ['"check" that is no function', { check: true }],
    ['"afterUse" that is no function', { afterUse: {} }],
    ['"describe" that is no function', { describe: {} }],
    ['"validityMs" below a minute', { validityMs: 59_999 }],
    ['"validityMs" above an hour', { validityMs: 60 * MINUTE + 1 }],
    ['"cooldownMs" below zero', { cooldownMs: -1 }],
    ['"cooldownMs" above ten minutes', { cooldownMs: 10 * MINUTE + 1 }],
    ['"maxChallengesPer10Minutes" of none', { maxChallengesPer10Minutes: 0 }],
    ['"maxChallengesPer10Minutes" above a hundred', { maxChallengesPer10Minutes: 101 }],
    ['"maxAttempts" above ten', { maxAttempts: 11 }],
    ['"maxLockMs" shorter than the first lock', { maxLockMs: MINUTE }],
    ['"verify" that is unknown', { verify: () => true }],
  ])('refuses an option %s', (what, more) => {
    const define = (): unknown => defineFactor({ ...DEFINITION, ...more });
    expect(define).toThrow(FactorConfigError);
    expect(define).toThrow(what.split(' ')[0]);
  });

  it('makes a second factor', () => {
    expect(cardWith().policy).toBe('additional');
  });

  it.each<readonly [string, Card | undefined, 'challenge' | 'save' | 'sign-in', string]>([
    ['is begun by a challenge where the user does not have it', undefined, 'challenge', 'begin'],
    ['is begun anew or challenged where the user has it', CARD, 'challenge', 'begin-or-challenge'],
    ['is set up by a save where the user does not have it', undefined, 'save', 'enrol'],
    ['is set up anew or answered by a save where the user has it', CARD, 'save', 'enrol-or-answer'],
    ['is answered at a sign-in', CARD, 'sign-in', 'answer'],
  ])('makes a factor that %s', async (_sentence, enrolment, at, what) => {
    expect((await cardWith().read('123456', { at, user: userWith(), enrolment })).do).toBe(what);
  });

  it('shows what it describes, and nothing by default', () => {
    expect(cardWith().describe(CARD)).toEqual({});
    expect(cardWith({ describe: ({ serial }) => ({ serial }) }).describe(CARD)).toEqual({ serial: 'c-1' });
  });
});

describe('setting up a defined factor', () => {
  const begun = async (more: Partial<FactorDefinition<Card>> = {}): Promise<Challenged & { readonly reply: object }> => {
    const [factor, context] = [cardWith(more), stagedContext({ key: 'card' })];
    return { factor, context, reply: await factor.beginEnrolment(context, true, undefined) };
  };

  it('tells the client what it begins with, and until when', async () => {
    const { context, reply } = await begun();
    const expiresAt = new Date(context.clock() + 10 * MINUTE).toISOString();
    expect(reply).toEqual({ status: 'pending', hint: 'begin', expiresAt });
    expect(context.events).toEqual([{ type: 'challenged', purpose: 'enrolment' }]);
  });

  it('keeps what was begun once it is confirmed', async () => {
    const { factor, context } = await begun();
    expect(await factor.confirmEnrolment(contextOf(context), '111111', undefined)).toEqual({ enrolment: CARD });
  });

  it('keeps what its use makes of it', async () => {
    const { factor, context } = await begun({
      afterUse: (card, expected, given) => ({ serial: expected + given, uses: card.uses + 1 }),
    });
    const { enrolment } = await factor.confirmEnrolment(contextOf(context), '111111', undefined);
    expect(enrolment).toEqual({ serial: '111111111111', uses: 1 });
  });

  it('is not confirmed by an answer for a login, nor the other way about', async () => {
    const { factor, context } = await begun();
    await factor.challenge(context, 'sign-in', CARD);
    const confirm = factor.confirmEnrolment(contextOf(context), '222222', undefined);
    await expect(confirm).rejects.toMatchObject({ code: 'code_rejected' });
    expect(await answer({ factor, context }, '111111')).toMatch(/^code_rejected/);
  });

  it('is not confirmed before it is begun', async () => {
    const confirm = cardWith().confirmEnrolment(contextOf(stagedContext()), '111111', undefined);
    await expect(confirm).rejects.toMatchObject({ code: 'code_expired' });
  });

  it('is confirmed once of twenty at the same moment', async () => {
    const { factor, context } = await begun({ maxAttempts: 10, maxFailures: 100 });
    const confirm = (): Promise<string> => outcomeOf(() => factor.confirmEnrolment(contextOf(context), '111111', undefined));
    const outcomes = await Promise.all(Array.from({ length: 20 }, confirm));
    expect(outcomes.filter((outcome) => outcome === 'passes')).toHaveLength(1);
  });

  it('refuses what is too long for a store, and leaves nothing to answer', async () => {
    const long = { serial: 'x'.repeat(1000), uses: 0 };
    const [factor, context] = [cardWith({ begin: () => ({ expected: '111111', enrolment: long }) }), stagedContext()];
    await expect(factor.beginEnrolment(context, true, undefined)).rejects.toMatchObject({ code: 'unavailable' });
    const confirm = factor.confirmEnrolment(contextOf(context), '111111', undefined);
    await expect(confirm).rejects.toMatchObject({ code: 'code_expired' });
  });

  it('takes as much as is documented', async () => {
    const serial = 'x'.repeat(400 - JSON.stringify({ serial: '', uses: 0 }).length);
    const begin = () => ({ expected: '1'.repeat(200), enrolment: { serial, uses: 0 } });
    const [factor, context] = [
      cardWith({ begin, answer: { maxLength: 200, pattern: /^1+$/, accepts: 'ones' } }),
      stagedContext(),
    ];
    await factor.beginEnrolment(context, true, undefined);
    const confirmed = await factor.confirmEnrolment(contextOf(context), '1'.repeat(200), undefined);
    expect(confirmed.enrolment).toEqual({ serial, uses: 0 });
  });
});

describe('a challenge of a defined factor', () => {
  it('tells the client what it asks, and until when', async () => {
    const context = stagedContext();
    expect(await cardWith({ validityMs: MINUTE }).challenge(context, 'sign-in', CARD)).toEqual({
      status: 'sent',
      hint: 'challenge',
      expiresAt: new Date(context.clock() + MINUTE).toISOString(),
    });
  });

  it('is told the enrolment and the purpose', async () => {
    const seen: unknown[] = [];
    const challenge: FactorDefinition<Card>['challenge'] = (_context, card, purpose) => {
      seen.push([card, purpose]);
      return { expected: '222222' };
    };
    await cardWith({ challenge }).challenge(stagedContext(), 'fresh-proof', CARD);
    expect(seen).toEqual([[CARD, 'fresh-proof']]);
  });

  it('is refused beyond the number that is allowed in ten minutes', async () => {
    const { factor, context } = await challenged({ maxChallengesPer10Minutes: 3 });
    for (let count = 0; count < 2; count += 1) await factor.challenge(context, 'sign-in', CARD);
    await expect(factor.challenge(context, 'sign-in', CARD)).rejects.toMatchObject({ code: 'cooldown' });
    context.clock.advance(10 * MINUTE);
    await factor.challenge(context, 'sign-in', CARD);
  });

  it('is refused within the cooldown, before anything is made', async () => {
    const made: number[] = [];
    const more = { cooldownMs: MINUTE, challenge: () => ({ expected: String(made.push(1)).repeat(6) }) };
    const { factor, context } = await challenged(more);
    context.clock.advance(MINUTE - 1);
    await expect(factor.challenge(context, 'sign-in', CARD)).rejects.toMatchObject({
      code: 'cooldown',
      retryAt: context.clock() + 1,
    });
    context.clock.advance(1);
    await factor.challenge(context, 'sign-in', CARD);
    expect(made).toHaveLength(2);
  });

  it('that cannot be delivered leaves nothing to answer, and counts', async () => {
    const challenge = () => Promise.reject(new Error('no carrier'));
    const [factor, context] = [cardWith({ challenge, maxChallengesPer10Minutes: 1 }), stagedContext()];
    await expect(factor.challenge(context, 'sign-in', CARD)).rejects.toThrow('no carrier');
    await expect(factor.challenge(context, 'sign-in', CARD)).rejects.toMatchObject({ code: 'cooldown' });
    expect(await context.store.attempt(factorSubject(context, 'sign-in'), UNLIMITED)).toMatchObject({ digest: undefined });
    expect(await answer({ factor, context }, '222222')).toMatch(/^code_expired/);
    expect(context.events.map(({ type }) => type)).toEqual(['rejected']);
  });

  it('cannot be answered while it is being delivered', async () => {
    let arrive: (made: { expected: string }) => void = () => undefined;
    const challenge = () => new Promise<{ expected: string }>((resolve) => (arrive = resolve));
    const [factor, context] = [cardWith({ challenge }), stagedContext()];
    const sending = factor.challenge(context, 'sign-in', CARD);
    expect(await answer({ factor, context }, '222222')).toMatch(/^code_expired/);
    arrive({ expected: '222222' });
    await sending;
    expect(await answer({ factor, context }, '222222')).toBe('passes');
  });
});

describe('an answer to a defined factor', () => {
  it.each<readonly [string, unknown, string]>([
    ['that is right passes', '222222', 'passes'],
    ['that is right passes in an object', { code: '222222' }, 'passes'],
    ['that is right passes with a space in it', '222 222', 'passes'],
    ['that is wrong is refused', '333333', 'code_rejected: The code is wrong.'],
    ['of too few digits is no answer', '22222', 'invalid_input: Field "code" must be a string of 6 digits.'],
    ['that is a number is no answer', 222222, 'invalid_input: Expected an object with exactly these fields: code.'],
    [
      'with another field is no answer',
      { code: '222222', id: 'x' },
      'invalid_input: Expected an object with exactly these fields: code.',
    ],
  ])('%s', async (_sentence, payload, expected) => expect(await answer(await challenged(), payload)).toBe(expected));

  it('that is no answer costs no attempt', async () => {
    const staged = await challenged({ maxAttempts: 1 });
    for (let time = 0; time < 20; time += 1) await answer(staged, 'x');
    expect(await answer(staged, '222222')).toBe('passes');
  });

  it('that is right passes once', async () => {
    const staged = await challenged();
    expect([await answer(staged, '222222'), await answer(staged, '222222')]).toEqual([
      'passes',
      'code_expired: There is no valid code. Request a new one.',
    ]);
  });

  it('that is right passes once of twenty at the same moment', async () => {
    const staged = await challenged({ maxAttempts: 10, maxFailures: 100 });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => answer(staged, '222222')));
    expect(outcomes.filter((outcome) => outcome === 'passes')).toHaveLength(1);
  });

  it('is refused after as many wrong ones as are allowed', async () => {
    const staged = await challenged({ maxAttempts: 2 });
    for (let time = 0; time < 2; time += 1) expect(await answer(staged, '333333')).toMatch(/^code_rejected/);
    expect(await answer(staged, '222222')).toMatch(/^code_expired/);
  });

  it('is locked after as many wrong ones over several challenges', async () => {
    const staged = await challenged({ maxAttempts: 2, maxFailures: 3 });
    for (let time = 0; time < 2; time += 1) await answer(staged, '333333');
    await staged.factor.challenge(staged.context, 'sign-in', CARD);
    await answer(staged, '333333');
    expect(await answer(staged, '222222')).toMatch(/^locked/);
    await expect(staged.factor.challenge(staged.context, 'sign-in', CARD)).rejects.toMatchObject({ code: 'locked' });
  });

  it.each<readonly [string, number, string]>([
    ['in the last millisecond passes', 10 * MINUTE - 1, 'passes'],
    ['when the time is over is refused', 10 * MINUTE, 'code_expired: There is no valid code. Request a new one.'],
  ])('%s', async (_sentence, later, expected) => {
    const staged = await challenged();
    staged.context.clock.advance(later);
    expect(await answer(staged, '222222')).toBe(expected);
  });

  it('to a challenge that a newer one has replaced is refused', async () => {
    let count = 0;
    const staged = await challenged({ challenge: () => ({ expected: String((count += 1)).repeat(6) }) });
    await staged.factor.challenge(staged.context, 'sign-in', CARD);
    expect(await answer(staged, '111111')).toMatch(/^code_rejected/);
    expect(await answer(staged, '222222')).toBe('passes');
  });

  it.each<readonly [string, Partial<StagedContext>]>([
    ['of another user', { user: userWith({}, 'u2') }],
    ['of another application', { appId: 'other' }],
    ['under another key', { key: 'badge' }],
  ])('%s is refused', async (_sentence, change) => {
    const { factor, context } = await challenged();
    expect(await answer({ factor, context: { ...context, ...change } }, '222222')).toMatch(/^code_expired/);
  });

  it.each<readonly [string, () => unknown, string]>([
    ['that gives true passes', () => true, 'passes'],
    ['that later gives true passes', async () => true, 'passes'],
    ['that gives false is refused', () => false, 'code_rejected: The code is wrong.'],
    ['that gives what is only like true is refused', () => 1, 'code_rejected: The code is wrong.'],
    ['that gives nothing is refused', () => undefined, 'code_rejected: The code is wrong.'],
    ['that throws is refused', () => Promise.reject(new Error('down')), 'down'],
  ])('to a check of the application %s', async (_sentence, result, expected) => {
    const asked: unknown[] = [];
    const staged = await challenged({
      check: (_context, given, wanted) => {
        asked.push([given, wanted]);
        return result() as boolean;
      },
    });
    expect(await answer(staged, '999999')).toBe(expected);
    expect(asked).toEqual([['999999', '222222']]);
  });

  it('changes what is stored by its use, and is an event', async () => {
    const changes: unknown[] = [];
    const { factor, context } = await challenged({
      afterUse: (card, expected, given) => ({ serial: expected + given, uses: card.uses + 1 }),
    });
    const change = async (make: (card: Card) => Card | undefined) => changes.push(make(CARD)) > 0;
    const used = { ...context, change } as unknown as StagedContext;
    expect(await answer({ factor, context: used }, '222222')).toBe('passes');
    expect(changes).toEqual([{ serial: '222222222222', uses: 1 }]);
    expect(context.events.at(-1)).toEqual({ type: 'verified', purpose: 'sign-in' });
  });

  it('is not in the store to be read', async () => {
    const issued: string[] = [];
    const context = stagedContext();
    const issue = context.store.issue.bind(context.store);
    context.store.issue = (subject, code, limits) => {
      issued.push(subject, code.digest);
      return issue(subject, code, limits);
    };
    await cardWith().challenge(context, 'sign-in', CARD);
    expect(issued.length).toBeGreaterThan(0);
    // In quotes, as it would be in JSON: a digest may contain these few letters by chance.
    const read = issued.map((text) => `"${text}"`).join(' ');
    expect(read).not.toMatch(/222222|\W(u1|c-1)\W/);
  });
});
