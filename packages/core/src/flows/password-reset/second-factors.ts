import { PASSWORD_RESET } from '../../account/attempt-buckets.js';
import { backupOf, secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState } from '../../account/ports.js';
import { FactorError } from '../../error/factor-error.js';
import type { CheckedCode } from '../../factor/address-proof.js';
import type { Reply } from '../../factor/context.js';
import { policyFor } from '../sign-in/login-demand.js';
import { UserFactor } from '../user-factor.js';
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
    if (!counting.includes(key)) throw new FactorError('not_enrolled');
    if (asked[key] !== true) throw new FactorError('invalid_input', { sentence: 'Expected true.' });
    const { factor, context, enrolment } = ownOf(proven, key);
    replies[key] = await factor.challenge(context, 'sign-in', enrolment.enrolment);
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
    if (counting.includes(key) || (!target.takesOver && isRecovery(proven, key) && storedAmong(account.stored, [key]).length > 0))
      continue;
    throw new FactorError('invalid_input', { sentence: 'Field "authData" must hold second factors on other addresses only.' });
  }
  const second = given.filter((key) => counting.includes(key));
  const backup = backupOf(request.runtime, given);
  await policyFor(request.runtime, request, account).assertGiven({ enrolled: counting, given: second, backup });
  const checks: (() => Promise<unknown>)[] = [];
  for (const key of given.toSorted()) {
    const own = ownOf(proven, key);
    const answer = await own.readAnswer(answers[key], 'sign-in');
    checks.push(() => own.verifyAnswer(answer, 'sign-in'));
  }
  return checks;
}

const ownOf = ({ request, account }: ProvenAddress, key: string): UserFactor<object> =>
  new UserFactor<object>(key, request.runtime, request, account, { primary: PASSWORD_RESET });

/**
 * The user's second factors that count beside the code. One on the same address does not. One that may be on the same mailbox
 * counts only if there is no other: mailboxes are compared generously, so it is neither waived nor enough beside others.
 *
 * @throws FactorError `unavailable` when a record does not open
 */
function countingFactors(proven: ProvenAddress): string[] {
  const { named, target, request, account } = proven;
  if (target.takesOver) return []; // they are a stranger's
  const addressOf = (key: string): string | undefined => {
    const { factor, enrolment } = ownOf(proven, key);
    const { addressProof: own } = factor;
    return own?.field === named.proof.field ? own.addressOf(enrolment.enrolment) : undefined;
  };
  const { address } = target.code;
  const others = storedAmong(account.stored, secondFactors(request.runtime)).filter((key) => addressOf(key) !== address);
  const apart = others.filter((key) => !named.proof.isSame(addressOf(key) ?? '', address));
  return apart.length > 0 ? apart : others;
}

/** Whether a factor is a backup authenticator that replaces a second factor here: recovery codes, and no device. */
const isRecovery = ({ request }: ProvenAddress, key: string): boolean => request.runtime.factors[key]?.backup === 'after-step-up';
