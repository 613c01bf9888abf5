import { describe, expect, it } from 'vitest';
import { memoryServer, type MemoryServer, type MemoryServerOptions } from '../../../test/memory-server.js';
import { outcomeOf } from '../../../test/unit-stage.js';
import { defineFactor } from '../../factor/define-factor.js';
import type { Factor } from '../../factor/factor.js';
import { digitsRule } from '../../validation/payload.js';
import { UserFactor } from '../user-factor.js';
import { signIn } from './sign-in.js';

interface Card {
  readonly card: string;
}

const RIGHT = '111111';
const WRONG = '222222';

/** A second factor with the same right code for every challenge. */
const card = (): Factor<object> =>
  defineFactor<Card>({
    answer: digitsRule(6),
    begin: () => ({ expected: RIGHT, enrolment: { card: 'c' } }),
    challenge: () => ({ expected: RIGHT }),
  }) as unknown as Factor<object>;

/** Creates a user with these factors enrolled and challenged. */
async function userWithFactors(enrolled: readonly string[], options: Partial<MemoryServerOptions> = {}): Promise<MemoryServer> {
  const stage = memoryServer({ factors: { app: card(), mail: card(), phone: card() }, ...options });
  for (const key of enrolled) {
    stage.enrol(key, { card: 'c' });
    const own = new UserFactor<object>(key, stage.runtime, stage.request({}), stage.account());
    await own.factor.challenge(own.context, 'sign-in', { card: 'c' });
  }
  return stage;
}

const signInWith = (stage: MemoryServer, providers: Readonly<Record<string, unknown>>): Promise<string> =>
  outcomeOf(() => signIn(stage.request(providers), Object.keys(providers).toSorted()[0] ?? '', () => false));

describe('a sign-in with second factors', () => {
  it.each<readonly [string, MemoryServerOptions['policy'], Readonly<Record<string, unknown>>, string]>([
    ['one right answer passes where any will do', 'any', { app: RIGHT }, 'passes'],
    ['a wrong answer is refused', 'any', { app: WRONG }, 'code_rejected: The code is wrong.'],
    ['one answer is refused where all are needed', 'all', { app: RIGHT }, 'factor_required: Also required: mail.'],
    ['two right answers pass where all are needed', 'all', { app: RIGHT, mail: RIGHT }, 'passes'],
    ['a wrong answer beside a right one is refused', 'any', { app: RIGHT, mail: WRONG }, 'code_rejected: The code is wrong.'],
    [
      'a factor that is not set up is refused where no policy demands it',
      'any',
      { app: RIGHT, phone: RIGHT },
      'session_required: Sign in first, then send this request with your session token.',
    ],
    [
      'a removal is refused',
      'any',
      { app: null, mail: RIGHT },
      'invalid_input: A login cannot remove a factor. Log in first, then remove it.',
    ],
    [
      'a provider that is not linked is refused',
      'any',
      { app: RIGHT, google: { id: 'g' } },
      'fresh_proof_required: Verify one of your sign-in methods again, then retry.',
    ],
  ])('%s', async (_sentence, policy, sent, outcome) => {
    const stage = await userWithFactors(['app', 'mail'], policy === undefined ? {} : { policy });
    expect(await signInWith(stage, sent)).toBe(outcome);
  });

  it('counts nothing where something is missing', async () => {
    const stage = await userWithFactors(['app', 'mail'], { policy: 'all' });
    for (let login = 0; login < 20; login += 1) await signInWith(stage, { app: WRONG });
    expect(await signInWith(stage, { app: RIGHT, mail: RIGHT })).toBe('passes');
  });

  it('uses an answer once, in 20 sign-ins at the same moment', async () => {
    const stage = await userWithFactors(['app']);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => signInWith(stage, { app: RIGHT })));
    expect(outcomes.filter((outcome) => outcome === 'passes')).toHaveLength(1);
  });

  it('uses no answer up, and counts none, beside one that cannot be read', async () => {
    const stage = await userWithFactors(['app', 'mail'], { policy: 'all' });
    expect(await signInWith(stage, { app: RIGHT, mail: 'no code' })).toMatch(/^invalid_input/);
    for (let login = 0; login < 20; login += 1) await signInWith(stage, { app: WRONG, mail: 'no code' });
    expect(await signInWith(stage, { app: RIGHT, mail: RIGHT })).toBe('passes');
  });

  it('notes the factor that was answered, for the session that it opens', async () => {
    const stage = await userWithFactors(['app']);
    await signInWith(stage, { app: RIGHT });
    expect(stage.server.notes('u1')).toMatchObject({ answered: 'app' });
  });

  it('gives each factor its own reply', async () => {
    const stage = await userWithFactors(['app', 'mail']);
    const replies = await signIn(stage.request({ app: RIGHT, mail: RIGHT }), 'app', () => false);
    expect([...replies.keys()]).toEqual(['app', 'mail']);
  });
});

describe('a sign-in beside a social provider', () => {
  it('asks the provider that Parse Server would ask later, before an attempt is counted', async () => {
    const stage = await userWithFactors(['app'], { stored: { google: { id: 'g' } } });
    const request = stage.request({ app: WRONG, google: { id: 'g' } });
    const refusing = { ...request.others, verify: () => Promise.reject(new Error('google says no')) };
    for (let login = 0; login < 20; login += 1) {
      expect(await outcomeOf(() => signIn({ ...request, others: refusing }, 'app', () => false))).toBe('google says no');
    }
    expect(stage.events.filter(({ type }) => type === 'rejected')).toEqual([]);
  });

  it.each<readonly [string, string, readonly string[]]>([
    ['asks a provider that sorts behind the factor whose hook runs it', 'google', ['google']],
    ['leaves a provider alone that Parse Server has asked before that hook', 'acme', []],
  ])('%s', async (_sentence, provider, verified) => {
    const stage = await userWithFactors(['app'], { stored: { [provider]: { id: 'x' } } });
    await outcomeOf(() => signIn(stage.request({ [provider]: { id: 'x' }, app: RIGHT }), 'app', () => false));
    expect(stage.verified).toEqual(verified);
  });
});

describe('a sign-in that sets a factor up', () => {
  const begin = async (stage: MemoryServer): Promise<void> => {
    const own = new UserFactor<object>('app', stage.runtime, stage.request({}), stage.account());
    await own.factor.beginEnrolment(own.context, {}, undefined);
  };

  it('stores it where a policy demands one, and says that it was set up', async () => {
    const stage = await userWithFactors([], { policy: { atLeast: 1 } });
    await begin(stage);
    expect(await signInWith(stage, { app: RIGHT })).toBe('passes');
    expect(Object.keys(stage.account().stored)).toEqual(['app']);
    expect(stage.server.notes('u1')).toMatchObject({ hasEnrolled: true, enrolled: 'app' });
  });

  it('stores nothing where another answer is wrong', async () => {
    const stage = await userWithFactors(['mail'], { policy: { atLeast: 2 } });
    await begin(stage);
    expect(await signInWith(stage, { app: RIGHT, mail: WRONG })).toMatch(/^code_rejected/);
    expect(Object.keys(stage.account().stored)).toEqual(['mail']);
  });

  it('is refused without an answer to the factors that the user has', async () => {
    const stage = await userWithFactors(['mail'], { policy: { atLeast: 2 } });
    await begin(stage);
    expect(await signInWith(stage, { app: RIGHT })).toMatch(/^session_required/);
  });

  it('is refused with the master key, which cannot tell a login from a change', async () => {
    const stage = await userWithFactors([], { policy: { atLeast: 1 } });
    await begin(stage);
    const request = stage.request({ app: RIGHT }, { isAdministrator: true, kind: 'admin-save' });
    expect(await outcomeOf(() => signIn(request, 'app', () => false))).toMatch(/^session_required/);
  });
});
