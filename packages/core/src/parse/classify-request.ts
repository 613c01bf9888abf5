import { FactorError } from '../error/factor-error.js';
import type { ChallengeKind, RequestKind } from '../flows/auth-request.js';

/** What Parse Server tells of a request that sends something for a factor. */
export interface RequestFacts {
  /** Whether the request only asks who a user is, before a challenge. */
  readonly isChallenge: boolean;
  /** The id of the user whose session asks. */
  readonly session: string | undefined;
  /** Whether the master key asks, and no session. */
  readonly isAdministrator: boolean;
  /** The id of the user whom the request addresses. */
  readonly addressed: string | undefined;
  /** The id of the user whom Parse Server has found. */
  readonly found: string | undefined;
  /** Whether a password was sent. */
  readonly hasPassword: boolean;
}

/**
 * What a request asks of factors. Parse Server calls the same hooks for logins, sign-ups and saves, and shows each a part of
 * the truth; this table is the one place that puts it together.
 *
 * @throws FactorError `session_required`, `invalid_input` for what is none of these
 */
export function classify({ isChallenge, session, isAdministrator, addressed, found, hasPassword }: RequestFacts): RequestKind {
  if (isChallenge) return 'identify';
  if (session !== undefined) {
    // For Parse Server, a sign-in that carries a session would be a link to its user.
    if (addressed === undefined) throw new FactorError('invalid_input', { sentence: 'Log in without a session.' });
    if (addressed !== session) throw new FactorError('session_required');
    // GraphQL and batches log in with a session by the hooks of an update. Nothing tells that from a change of the password.
    if (hasPassword) {
      const sentence = 'Log in without a session, or change the password by itself.';
      throw new FactorError('invalid_input', { sentence });
    }
    return found === undefined || found === session ? 'own-save' : 'own-save-of-taken-id';
  }
  if (isAdministrator) return 'admin-save';
  // Without a session nobody changes a user; who the id belongs to is not looked at.
  if (addressed !== undefined && addressed !== found) throw new FactorError('session_required');
  return found === undefined ? 'sign-up' : 'sign-in';
}

/** Who asks for a challenge. */
export function classifyChallenge({ session, found }: Pick<RequestFacts, 'session' | 'found'>): ChallengeKind {
  if (found === undefined) return session === undefined ? 'by-anybody' : 'by-session';
  return session === found ? 'by-session-or-after-first-factor' : 'after-first-factor';
}
