import { subjectOf } from '../crypto/subject.js';
import type { FactorContext } from './context.js';
import type { Purpose } from './purpose.js';

/**
 * Returns the store's name for the live code of one factor, one user and one purpose. At a login it also depends on
 * the group of the primary factor. A challenge and the login that follows share it.
 */
export const factorSubject = ({ appId, key, user, primary }: FactorContext, purpose: Purpose): string =>
  subjectOf('factor', appId, key, user.id, purpose, ...behind(purpose, primary?.group));

/**
 * Returns the store's name for wrong codes of a factor that needs no challenge. Like {@link factorSubject}, but
 * separate for each social provider, which a challenge cannot tell apart.
 */
export const attemptSubject = ({ appId, key, user, primary }: FactorContext, purpose: Purpose): string =>
  subjectOf('factor', appId, key, user.id, purpose, ...behind(purpose, primary?.name));

/**
 * Returns the store's name for the marks of used codes. There is one for each factor of a user, for all purposes and
 * primary factors. So no code works a second time behind another primary factor (replay, CWE-294).
 */
export const markSubject = ({ appId, key, user }: FactorContext): string => subjectOf('factor', appId, key, user.id, 'sign-in');

/**
 * Returns {@link factorSubject} for the user's other primary factors. The live code may have been requested with one
 * of them.
 */
export function otherSubjects(context: FactorContext, purpose: Purpose): readonly string[] {
  if (purpose !== 'sign-in' || context.primary?.isApart === true) return [];
  const { primary: _, ...byPassword } = context;
  const primaries = (context.primaries ?? []).filter(({ isApart }) => isApart !== true);
  const all = [byPassword, ...primaries.map((primary) => ({ ...context, primary }))];
  const own = factorSubject(context, purpose);
  return [...new Set(all.map((other) => factorSubject(other, purpose)))].filter((subject) => subject !== own);
}

/** Empty for the password, so that its subjects stay the same as in earlier versions. */
const behind = (purpose: Purpose, primary: string | undefined): readonly string[] =>
  purpose === 'sign-in' && primary !== undefined ? [primary] : [];
