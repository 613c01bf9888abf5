import { PASSWORD_RESET } from '../../account/attempt-buckets.js';
import { backupOf, secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState } from '../../account/ports.js';
import { FactorError } from '../../error/factor-error.js';
import type { CheckedCode } from '../../factor/address-proof.js';
import type { Reply } from '../../factor/context.js';
import { policyFor } from '../sign-in/login-demand.js';
import { UserFactor } from '../user-factor.js';
import { chooseWay, chosenEnrolment, withChoices } from '../choose-authenticator.js';
import type { ClientCall } from '../request-code.js';
import type { NamedUser, ResetTarget } from './reset-target.js';

/** A user who has proven the address, and the code that is not used up yet. */
export interface ProvenAddress {
  readonly request: ClientCall;
  readonly named: NamedUser;
  readonly target: ResetTarget;
  readonly account: AccountState;
  readonly code: CheckedCode;
}

/** Prepares second factors for the request that sets the password, such as by sending their codes. The reset code stays valid. */
export async function challengeSecond(
  proven: ProvenAddress,
  asked: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const counting = countingFactors(proven);
  const replies: Record<string, Reply> = {};
  for (const key of Object.keys(asked)) {
    const enrolment = counting.get(key);
    if (enrolment === undefined) throw new FactorError('not_enrolled');
    const { payload, request } = chooseWay(proven.request.runtime.factors[key] ?? {}, asked[key], proven.request);
    const { factor, context } = ownOf({ ...proven, request }, key);
    const chosen = chosenEnrolment(factor, enrolment, payload);
    if (chosen === undefined) throw new FactorError('invalid_input', { sentence: 'Expected true.' });
    replies[key] = await withChoices(factor, enrolment, () => factor.challenge(context, 'sign-in', chosen));
  }
  return { challengeData: replies };
}

/**
 * Reads the answers of second factors, and checks that there are enough. Nothing is counted or used up.
 *
 * @returns functions that verify one answer each, and use it up
 * @throws FactorError `factor_required`, `invalid_input`
 */
export async function readSecondFactors(
  proven: ProvenAddress,
  answers: Readonly<Record<string, unknown>>,
): Promise<readonly (() => Promise<unknown>)[]> {
  const { request, account, target } = proven;
  const counting = countingFactors(proven);
  const given = Object.keys(answers);
  for (const key of given) {
    const isBackup = !target.takesOver && isRecovery(proven, key) && storedAmong(account.stored, [key]).length > 0;
    if (counting.has(key) || isBackup) continue;
    throw new FactorError('invalid_input', { sentence: 'Field "authData" must hold second factors on other addresses only.' });
  }
  const second = given.filter((key) => counting.has(key));
  const backup = backupOf(request.runtime, given);
  await policyFor(request.runtime, request, account).assertGiven({ enrolled: [...counting.keys()], given: second, backup });
  const checks: (() => Promise<unknown>)[] = [];
  for (const key of given.toSorted()) {
    const own = ownOf(proven, key);
    const enrolment = counting.get(key) ?? own.enrolment.enrolment;
    const answer = await own.readAnswer(answers[key], 'sign-in', enrolment);
    checks.push(() => own.verifyAnswer(answer, 'sign-in', enrolment));
  }
  return checks;
}

const ownOf = ({ request, account }: ProvenAddress, key: string): UserFactor<object> =>
  new UserFactor<object>(key, request.runtime, request, account, { primary: PASSWORD_RESET });

/**
 * The user's second factors that count beside the code, with the authenticators of each that do. One on the same address does
 * not. One that may be on the same mailbox counts only if there is no other: mailboxes are compared generously, so it is neither
 * waived nor enough beside others.
 *
 * @throws FactorError `unavailable` when a record does not open
 */
function countingFactors(proven: ProvenAddress): ReadonlyMap<string, object> {
  const { named, target, request, account } = proven;
  if (target.takesOver) return new Map(); // they are a stranger's
  const { address } = target.code;
  const keys = storedAmong(account.stored, secondFactors(request.runtime));
  const counting = (isCounted: (own: string) => boolean): ReadonlyMap<string, object> => {
    const kept = keys.map((key) => {
      const { factor, enrolment } = ownOf(proven, key);
      const { addressProof: own } = factor;
      const isAlike = own?.field === named.proof.field;
      return [key, isAlike ? own.only(enrolment.enrolment, isCounted) : enrolment.enrolment] as const;
    });
    return new Map(kept.flatMap(([key, enrolment]) => (enrolment === undefined ? [] : [[key, enrolment] as const])));
  };
  const apart = counting((own) => !named.proof.isSame(own, address));
  return apart.size > 0 ? apart : counting((own) => own !== address);
}

/** Whether a factor is a backup authenticator that replaces a second factor here: recovery codes, and no device. */
const isRecovery = ({ request }: ProvenAddress, key: string): boolean => request.runtime.factors[key]?.backup === 'after-step-up';
