import { describe, expect, it } from 'vitest';
import { FactorError } from '../error/factor-error.js';
import { classify, classifyChallenge, type RequestFacts } from './classify-request.js';

const ME = 'me';
const OTHER = 'other';

/** The outcome for a request: its kind, or the slug of the refusal. */
function expected({ isChallenge, session, isAdministrator, addressed, found, hasPassword }: RequestFacts): string {
  if (isChallenge) return 'identify';
  if (session !== undefined && addressed === undefined) return 'invalid_input';
  if (session !== undefined && addressed !== ME) return 'session_required';
  if (session !== undefined && hasPassword) return 'invalid_input';
  if (session !== undefined) return found === OTHER ? 'own-save-of-taken-id' : 'own-save';
  if (isAdministrator) return 'admin-save';
  if (addressed !== undefined && addressed !== found) return 'session_required';
  return found === undefined ? 'sign-up' : 'sign-in';
}

function answer(facts: RequestFacts): string {
  try {
    return classify(facts);
  } catch (error) {
    return error instanceof FactorError ? error.code : String(error);
  }
}

const users = [undefined, ME, OTHER];
const flags = [false, true];

const combinations: RequestFacts[] = flags.flatMap((isChallenge) =>
  [undefined, ME].flatMap((session) =>
    flags.flatMap((isAdministrator) =>
      users.flatMap((addressed) =>
        users.flatMap((found) =>
          flags.map((hasPassword) => ({ isChallenge, session, isAdministrator, addressed, found, hasPassword })),
        ),
      ),
    ),
  ),
);

const inWords = ({ isChallenge, session, isAdministrator, addressed, found, hasPassword }: RequestFacts): string =>
  [
    isChallenge ? 'a challenge' : 'a request',
    session === undefined ? 'without a session' : 'with a session',
    ...(isAdministrator ? ['and the master key'] : []),
    ...(hasPassword ? ['and a password'] : []),
    `that addresses ${addressed ?? 'no user'} and finds ${found ?? 'no user'}`,
  ].join(' ');

describe('classify', () => {
  it.each(combinations.map((facts) => [inWords(facts), expected(facts), facts] as const))(
    'takes %s for: %s',
    (_words, kind, facts) => {
      expect(answer(facts)).toBe(kind);
    },
  );

  it('knows no login that carries a session, whatever else it carries', () => {
    const logins = combinations.filter(({ session, isChallenge }) => session !== undefined && !isChallenge);
    expect(logins.map(answer)).not.toContain('sign-in');
    expect(logins.map(answer)).not.toContain('sign-up');
  });

  it('lets no request without a session and the master key address another user than the one who was found', () => {
    const strangers = combinations.filter(
      ({ isChallenge, session, isAdministrator, addressed, found }) =>
        !isChallenge && session === undefined && !isAdministrator && addressed !== undefined && addressed !== found,
    );
    expect(new Set(strangers.map(answer))).toEqual(new Set(['session_required']));
  });
});

describe('classifyChallenge', () => {
  it.each([
    ['there is no session, and no user is found', undefined, undefined, true, 'by-anyone'],
    ['there is a session, and no user is found', ME, undefined, true, 'by-session'],
    ['there is no session, and a user is found', undefined, ME, true, 'after-first-factor'],
    ['there is a session, and another user is found', ME, OTHER, true, 'after-first-factor'],
    ['there is a session, its own user is found, and the payload is true', ME, ME, true, 'after-first-factor'],
    ['there is a session, its own user is found, and the payload is an object', ME, ME, false, 'by-session'],
    ['there is a session, another user is found, and the payload is an object', ME, OTHER, false, 'after-first-factor'],
    ['there is no session, a user is found, and the payload is an object', undefined, ME, false, 'after-first-factor'],
  ] as const)('where %s', (_words, session, found, isPlain, kind) => {
    expect(classifyChallenge({ session, found, isPlain })).toBe(kind);
  });
});
