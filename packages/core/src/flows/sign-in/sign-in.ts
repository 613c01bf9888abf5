import { primaryFactors, secondFactors, storedAmong } from '../../account/factor-roles.js';
import { changesProviders } from '../../account/provider-changes.js';
import { FactorError } from '../../error/factor-error.js';
import { primaryOf } from '../../factor/primary-sign-in.js';
import { type AuthRequest, type SignInReplies, UNCHANGED } from '../auth-request.js';
import { enrolAtLogin } from '../enrol-factor.js';
import { SignInAttempt } from './sign-in-attempt.js';
import { verifyPrimary } from './verify-primary.js';

/**
 * `POST /login`, and `POST /users` of a known user. Everything about a sign-in is decided here, in this order. Parse Server
 * calls one hook for each factor; the first of them runs this, and each takes its own reply.
 *
 * @param startedBy the key of the factor whose hook runs this
 * @param isLeftOut keys whose payloads are no answers: what the master key sends back as it is stored
 * @throws FactorError `code_rejected`, `code_expired`, `locked`, `cooldown`, `invalid_input`, `factor_required`,
 *   `enrolment_required`, `fresh_proof_required`, `session_required`
 */
export async function signIn(
  request: AuthRequest,
  startedBy: string,
  isLeftOut: (key: string) => boolean,
): Promise<SignInReplies> {
  if (request.account === undefined) throw new FactorError('session_required');
  const attempt = new SignInAttempt(request, request.account, isLeftOut);
  attempt.primaries = await verifyPrimary(request, isLeftOut); // nothing about the account is told before
  await verifyOtherProviders(attempt, startedBy);
  assertNoAccountChange(attempt);
  await assertMayEnrol(attempt);
  await assertPresented(attempt); // names what is missing; nothing is counted before
  assertOtherSecondFactors(attempt);
  request.server.accounts.decideProviders(attempt.account, {}); // a login links, unlinks and exchanges nothing
  for (const key of toVerify(attempt)) await verify(attempt, key);
  await assertVerified(attempt);
  await attempt.commit();
  return attempt.replies;
}

/** A login sets up what a policy demands, and nothing else; a primary factor is not linked on the way in. */
async function assertMayEnrol(attempt: SignInAttempt): Promise<void> {
  const { request, account, enrolled, presented, presentedBackups, presentedPrimaries } = attempt;
  const isStored = (key: string): boolean => (account.stored[key] ?? undefined) !== undefined;
  if (![...presentedPrimaries, ...presentedBackups].every(isStored)) throw new FactorError('session_required');
  if (!attempt.isEnrolling) return;
  // With the master key, a login cannot be told from an administrator's change of the user.
  const isDemanded = !request.isAdministrator && (await attempt.policy.demandsEnrolment(enrolled));
  // A user who sets up one beside others answers all of them; nothing takes the place of those.
  if (!isDemanded || !enrolled.every((key) => presented.includes(key))) throw new FactorError('session_required');
}

/**
 * Parse Server checks the providers of a login in the order of their keys, so a factor may be asked before a social provider
 * that sorts behind it has proven anything. Such a provider is asked here first: knowing somebody's public social id must not
 * be enough to use up their attempts.
 */
async function verifyOtherProviders({ request: { sent, runtime, others } }: SignInAttempt, startedBy: string): Promise<void> {
  for (const [provider, payload] of Object.entries(sent.providers)) {
    if (provider < startedBy || payload === null || Object.hasOwn(runtime.factors, provider)) continue;
    if (!(await others.verify(provider, payload))) {
      throw new FactorError('invalid_input', { sentence: 'A provider is not supported.' });
    }
  }
}

/**
 * On a login, nothing is unlinked, linked or exchanged past every trigger. The gate for writes refuses that as well, but only
 * once the login has used up a code.
 */
function assertNoAccountChange({ request: { sent, runtime }, account, enrolled }: SignInAttempt): void {
  const { factors } = runtime;
  if (Object.keys(factors).some((key) => sent.providers[key] === null)) {
    throw new FactorError('invalid_input', { sentence: 'A factor cannot be removed while logging in.' });
  }
  // What has become null here may be something else where it is stored.
  const isUnlinking = Object.values(sent.providers).includes(null);
  const isRelinking = isUnlinking || changesProviders(sent.providers, account.stored, factors);
  if (enrolled.length > 0 && isRelinking) throw new FactorError('fresh_proof_required');
}

/** Whether everything that is needed is given, before anything is consumed. */
async function assertPresented(attempt: SignInAttempt): Promise<void> {
  const { request, policy, enrolled, presented, presentedBackups } = attempt;
  const hasBackup = !attempt.isEnrolling && presentedBackups.length > 0;
  await policy.assert({ enrolled, given: presented, hasBackup, all: secondFactors(request.runtime) });
  const { factors } = request.runtime;
  const needsSecond = attempt.presentedPrimaries.some((key) => primaryOf(factors[key])?.needsSecondFactor === true);
  if (needsSecond && enrolled.length === 0) throw new FactorError('enrolment_required');
}

/**
 * Parse Server asks for no second factor beside a primary factor of ours, so that nobody learns from it who has one. Second
 * factors of other adapters are demanded here in its place.
 */
function assertOtherSecondFactors({ request: { sent, runtime, others }, account: { stored } }: SignInAttempt): void {
  const isGiven = (key: string): boolean => (sent.providers[key] ?? undefined) !== undefined;
  const first = primaryFactors(runtime);
  if (!first.some(isGiven)) return;
  const second = storedAmong(stored, Object.keys(stored)).filter(
    (key) => !first.includes(key) && others.isSecondFactor(key, stored[key]),
  );
  if (second.length === 0 || second.some(isGiven)) return;
  throw new FactorError('factor_required', { sentence: `Also required: ${second.join(' or ')}.` });
}

/** In the order of their keys, as Parse Server asks for them. */
const toVerify = ({ presented, presentedBackups, verified }: SignInAttempt): readonly string[] =>
  [...presented, ...presentedBackups].filter((key) => !verified.includes(key)).toSorted();

/** Checks and uses up one answer of a second factor, or confirms what the login sets up. */
async function verify(attempt: SignInAttempt, key: string): Promise<void> {
  const payload = attempt.request.sent.providers[key];
  const own = attempt.factor(key);
  const opened = own.findEnrolment();
  if (opened === undefined) {
    const { record, response } = await enrolAtLogin(payload, own);
    attempt.enrolments[key] = record;
    attempt.replies.set(key, { response });
    return;
  }
  const isProven = attempt.primaries.has(key);
  const verified = isProven ? undefined : await own.verify(payload, 'sign-in');
  const isBackup = verified !== undefined && own.isBackup(verified.answer);
  (isBackup ? attempt.verifiedBackups : attempt.verified).push(key);
  await own.sealAnew(opened);
  const response = verified?.response;
  attempt.replies.set(key, response === undefined ? UNCHANGED : { response });
}

/** Decides on what was verified, and not on what was given. */
async function assertVerified(attempt: SignInAttempt): Promise<void> {
  const { request, policy, enrolled } = attempt;
  const answered = [...attempt.verified, ...attempt.verifiedBackups];
  const all = secondFactors(request.runtime);
  const given = all.filter((key) => answered.includes(key) || Object.hasOwn(attempt.enrolments, key));
  const hasBackup = attempt.verifiedBackups.some((key) => !all.includes(key));
  await policy.assert({ enrolled, given, hasBackup, all });
}
