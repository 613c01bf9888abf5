import { backupOf, identityFactors, secondFactors, storedAmong } from '../../account/factor-roles.js';
import { changesProviders } from '../../account/provider-changes.js';
import { FactorError } from '../../error/factor-error.js';
import { primaryOf } from '../../factor/primary-sign-in.js';
import { type AuthRequest, type SignInReplies, UNCHANGED } from '../auth-request.js';
import { enrolAtLogin } from '../enrol-factor.js';
import { SignInAttempt } from './sign-in-attempt.js';
import { verifyPrimary } from './verify-primary.js';

/**
 * Decides about all credentials of a sign-in, in this order: `POST /login`, and `POST /users` of a known user.
 *
 * Parse Server calls one hook for each factor. The first hook runs this function, and each hook takes its own reply. Users
 * without factors are refused by `guardLogin`, and a login during which factors change by `checkSession`.
 *
 * @param startedBy the key of the factor whose hook runs this
 * @param isLeftOut whether a key's payload is not an answer, such as a stored record that the master key sends back
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
  attempt.verifiedPrimaries = await verifyPrimary(request, isLeftOut); // before this, nothing about the account is revealed
  await verifyOtherProviders(attempt, startedBy);
  assertNoAccountChange(attempt);
  await assertMayEnrol(attempt);
  await assertPresented(attempt); // names what is missing, before an attempt is counted
  assertOtherSecondFactors(attempt);
  request.server.accounts.decideProviders(attempt.account, {}); // a login must not link, unlink or exchange providers
  const checks: Check[] = [];
  for (const key of toVerify(attempt)) checks.push(await read(attempt, key)); // a malformed answer uses no other answer up
  for (const check of checks) await check();
  await assertVerified(attempt);
  await attempt.commit();
  return attempt.replies;
}

/** Refuses an enrolment that no policy demands. A login cannot link a primary factor. */
async function assertMayEnrol(attempt: SignInAttempt): Promise<void> {
  const { request, account, enrolled, presented, presentedBackups, presentedPrimaries } = attempt;
  const isStored = (key: string): boolean => (account.stored[key] ?? undefined) !== undefined;
  if (![...presentedPrimaries, ...presentedBackups].every(isStored)) throw new FactorError('session_required');
  if (!attempt.isEnrolling) return;
  // With the master key, a login looks the same as an administrator's change of the user.
  const isDemanded = !request.isAdministrator && (await attempt.policy.mayEnrol(enrolled, attempt.enrolling));
  // A user who adds a factor must answer all of their existing factors. A backup authenticator does not replace them here.
  if (!isDemanded || !enrolled.every((key) => presented.includes(key))) throw new FactorError('session_required');
}

/**
 * Verifies the social providers that Parse Server would check only after this factor: it checks them in the order of their
 * keys.
 *
 * Otherwise an attacker who knows a user's public social id could use up the user's attempts.
 */
async function verifyOtherProviders({ request: { sent, runtime, others } }: SignInAttempt, startedBy: string): Promise<void> {
  for (const [provider, payload] of Object.entries(sent.providers)) {
    if (provider < startedBy || payload === null || Object.hasOwn(runtime.factors, provider)) continue;
    if (!(await others.verify(provider, payload))) {
      throw new FactorError('invalid_input', { sentence: 'The server does not support one of the sent providers.' });
    }
  }
}

/**
 * Refuses a login that removes a factor, or links, unlinks or exchanges a provider: no trigger checks such a change.
 *
 * The write gate refuses it as well, but only after the login has used up a code.
 */
function assertNoAccountChange({ request: { sent, runtime, server }, account, enrolled }: SignInAttempt): void {
  const { factors } = runtime;
  if (Object.keys(factors).some((key) => sent.providers[key] === null)) {
    throw new FactorError('invalid_input', { sentence: 'A login cannot remove a factor. Log in first, then remove it.' });
  }
  // A value that was decoded to null may be something else when Parse Server stores it.
  const isUnlinking = Object.values(sent.providers).includes(null);
  if (isUnlinking && server.accounts.losesAllOnRemoval) {
    // This version of Parse Server would drop every provider of the user, also the one that they log in with.
    throw new FactorError('invalid_input', { sentence: 'A login cannot unlink a provider. Log in first, then unlink it.' });
  }
  const isRelinking = isUnlinking || changesProviders(sent.providers, account.stored, factors);
  if (enrolled.length > 0 && isRelinking) throw new FactorError('fresh_proof_required');
}

/** Checks that all required credentials were sent, before any is consumed. */
async function assertPresented(attempt: SignInAttempt): Promise<void> {
  const { request, policy, enrolled, presented, presentedBackups } = attempt;
  const backup = attempt.isEnrolling ? undefined : backupOf(request.runtime, presentedBackups);
  await policy.assert({ enrolled, given: presented, backup });
  const { factors } = request.runtime;
  const needsSecond = attempt.presentedPrimaries.some((key) => primaryOf(factors[key])?.needsSecondFactor === true);
  if (needsSecond && enrolled.length === 0) throw new FactorError('enrolment_required');
}

/**
 * Demands second factors of other adapters beside a primary factor of this library.
 *
 * Parse Server skips that check there, as its reply would reveal who has a second factor.
 */
function assertOtherSecondFactors({ request: { sent, runtime, others }, account: { stored } }: SignInAttempt): void {
  const isSent = (key: string): boolean => (sent.providers[key] ?? undefined) !== undefined;
  const first = identityFactors(runtime);
  if (!first.some(isSent)) return;
  const second = storedAmong(stored, Object.keys(stored)).filter(
    (key) => !first.includes(key) && others.isSecondFactor(key, stored[key]),
  );
  if (second.length === 0 || second.some(isSent)) return;
  throw new FactorError('factor_required', { sentence: `Also required: ${second.join(' or ')}.` });
}

/** The factors to verify, in the order of their keys, as Parse Server checks them. */
const toVerify = ({ presented, presentedBackups, verified }: SignInAttempt): readonly string[] =>
  [...presented, ...presentedBackups].filter((key) => !verified.includes(key)).toSorted();

/** Verifies one answer that was read, and uses it up. */
type Check = () => Promise<void>;

/** Reads one answer of a second factor, or the confirmation of the one that the login sets up. */
async function read(attempt: SignInAttempt, key: string): Promise<Check> {
  const payload = attempt.request.sent.providers[key];
  const own = attempt.factor(key);
  const opened = own.findEnrolment();
  if (opened === undefined) {
    const confirmation = await own.readConfirmation(payload, 'sign-in');
    return async () => {
      const { record, response } = await enrolAtLogin(confirmation, own);
      attempt.enrolments[key] = record;
      attempt.replies.set(key, { response });
    };
  }
  const isProven = attempt.verifiedPrimaries.has(key);
  const answer = isProven ? undefined : await own.readAnswer(payload, 'sign-in');
  return async () => {
    const response = isProven ? undefined : await own.verifyAnswer(answer, 'sign-in');
    const isBackup = !isProven && own.isBackup(answer);
    (isBackup ? attempt.verifiedBackups : attempt.verified).push(key);
    await own.sealAnew(opened);
    attempt.replies.set(key, response === undefined ? UNCHANGED : { response });
  };
}

/** Applies the login policy to what was verified, not to what was sent. */
async function assertVerified(attempt: SignInAttempt): Promise<void> {
  const { request, policy, enrolled } = attempt;
  const answered = [...attempt.verified, ...attempt.verifiedBackups];
  const all = secondFactors(request.runtime);
  const given = all.filter((key) => answered.includes(key) || Object.hasOwn(attempt.enrolments, key));
  await policy.assert({ enrolled, given, backup: backupOf(request.runtime, attempt.verifiedBackups) });
}
