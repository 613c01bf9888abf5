import { subjectOf } from '../crypto/subject.js';
import type { FactorContext } from './context.js';
import type { Purpose } from './purpose.js';

/**
 * The store's name for what is guessed at: one factor of one user, for one purpose; at a login, behind one
 * primary factor. It is the same for a challenge and the login that follows, so live codes go here.
 */
export const factorSubject = ({ appId, key, user, primary }: FactorContext, purpose: Purpose): string =>
  subjectOf('factor', appId, key, user.id, purpose, ...behind(purpose, primary?.group));

/**
 * The store's name for wrong answers to a factor that needs no challenge. As {@link factorSubject}, and
 * apart for each social provider as well, of which a challenge does not know.
 */
export const attemptSubject = ({ appId, key, user, primary }: FactorContext, purpose: Purpose): string =>
  subjectOf('factor', appId, key, user.id, purpose, ...behind(purpose, primary?.name));

/**
 * The store's name for marks of what was used: one for each factor of a user, whatever came before it and
 * whatever for, so that nothing can be used a second time behind another primary factor.
 */
export const markSubject = ({ appId, key, user }: FactorContext): string => subjectOf('factor', appId, key, user.id, 'sign-in');

/** What {@link factorSubject} is for the user's other primary factors, where a code may live that was asked for with one of them. */
export function otherSubjects(context: FactorContext, purpose: Purpose): readonly string[] {
  if (purpose !== 'sign-in') return [];
  const { primary: _, ...byPassword } = context;
  const all = [byPassword, ...(context.primaries ?? []).map((primary) => ({ ...context, primary }))];
  const own = factorSubject(context, purpose);
  return [...new Set(all.map((other) => factorSubject(other, purpose)))].filter((subject) => subject !== own);
}

/** Nothing for the password, whose subjects are older than these. */
const behind = (purpose: Purpose, primary: string | undefined): readonly string[] =>
  purpose === 'sign-in' && primary !== undefined ? [primary] : [];
