import { FactorError } from '../error/factor-error.js';
import type { ChallengeKind, RequestKind } from '../flows/auth-request.js';

/** What Parse Server reports about a request with a factor's payload. */
export interface RequestFacts {
  /** Whether the request only identifies a user, before a challenge. */
  readonly isChallenge: boolean;
  /** The id of the user whose session sends the request. */
  readonly session: string | undefined;
  /** Whether the request uses the master key, and no session. */
  readonly isAdministrator: boolean;
  /** The id of the user that the request addresses. */
  readonly addressed: string | undefined;
  /** The id of the user that Parse Server has found. */
  readonly found: string | undefined;
  /** Whether a password was sent. */
  readonly hasPassword: boolean;
}

/**
 * Decides what kind of request a hook belongs to. This is the only place that does.
 *
 * Parse Server calls the same hooks for logins, sign-ups and saves, and gives each only a part of the facts.
 *
 * @throws FactorError `session_required`, `invalid_input` for a request of no known kind
 */
export function classify({ isChallenge, session, isAdministrator, addressed, found, hasPassword }: RequestFacts): RequestKind {
  if (isChallenge) return 'identify';
  if (session !== undefined) {
    // Parse Server would treat a sign-in with a session as a link to the session's user.
    if (addressed === undefined) throw new FactorError('invalid_input', { sentence: 'Log in without a session token.' });
    if (addressed !== session) throw new FactorError('session_required');
    // GraphQL and batches log in with a session through the hooks of an update, which look the same as a change of the
    // password.
    if (hasPassword) {
      const sentence = 'Log in without a session token. To change a password, send nothing but the password.';
      throw new FactorError('invalid_input', { sentence });
    }
    return found === undefined || found === session ? 'own-save' : 'own-save-of-taken-id';
  }
  if (isAdministrator) return 'admin-save';
  // A user is never changed without a session, so the owner of the id does not matter.
  if (addressed !== undefined && addressed !== found) throw new FactorError('session_required');
  return found === undefined ? 'sign-up' : 'sign-in';
}

/** What Parse Server reports about a request for a challenge. */
export interface ChallengeFacts extends Pick<RequestFacts, 'session' | 'found'> {
  /** Whether the payload is `true`. Any other payload of a session concerns its own factors. */
  readonly isPlain: boolean;
}

/** Decides how the client that asks for a challenge is authenticated. This is the only place that does. */
export function classifyChallenge({ session, found, isPlain }: ChallengeFacts): ChallengeKind {
  if (found === undefined) return session === undefined ? 'by-anyone' : 'by-session';
  return session === found && !isPlain ? 'by-session' : 'after-first-factor';
}
