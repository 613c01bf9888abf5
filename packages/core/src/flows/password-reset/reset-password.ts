import { PASSWORD_RESET } from '../../account/attempt-buckets.js';
import { secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState } from '../../account/ports.js';
import { everyStep } from '../../error/every-step.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import type { CheckedCode } from '../../factor/address-proof.js';
import type { Reply } from '../../factor/context.js';
import { asObject } from '../../validation/json-object.js';
import { type FieldRule, readFields } from '../../validation/payload.js';
import { endOtherSessions } from '../end-dependents.js';
import { factorContext } from '../factor-context.js';
import { policyFor } from '../sign-in/login-demand.js';
import { countByNetwork } from '../sign-in/network-limits.js';
import { UserFactor } from '../user-factor.js';
import { findResetTarget, namesResetUser, type ResetRequest, type ResetTarget, resetFactor } from './reset-target.js';

/** The reply to a new password. */
const DONE: Reply = Object.freeze({ status: 'reset' });

/** Parse Server's own password policy decides what a password may be. */
const PASSWORD: FieldRule = { maxLength: 1024, pattern: /^[^]+$/, accepts: 'a text of 1 to 1024 characters' };

/** A user who has proven the address, and the code that is not used up yet. */
interface Proven {
  readonly request: ResetRequest;
  readonly target: ResetTarget;
  readonly account: AccountState;
  readonly code: CheckedCode;
}

/**
 * Sets a new password with a code, and with the user's other second factors: `{ factor, email, code, password, authData }`.
 * With `challengeData` in place of `password` and `authData`, it prepares a second factor, such as by sending its code.
 *
 * - A factor on the address that received the code does not count a second time. If it is the only one, the code is enough.
 * - A recovery code replaces a second factor. A trusted device does not.
 * - Missing and malformed answers, and a password that the server's policy refuses, use nothing up.
 * - All sessions of the user end, and with them trust in devices and step-up proofs. Every known address is notified. No session
 *   is opened.
 *
 * @throws FactorError `code_rejected` for every wrong code, address and name; `factor_required`, `locked`, `cooldown`,
 *   `invalid_input`, `not_enrolled`
 * @throws Parse.Error for a password that the server's policy refuses
 */
export async function resetPassword(request: ResetRequest): Promise<Readonly<Record<string, unknown>>> {
  const sent = readReset(request);
  const release = await countByNetwork(String(request.params['factor']), request.runtime, { ...request, isAdministrator: false });
  const target = await findResetTarget(request);
  const code = await target.proof.check(factorContext(target.key, request.runtime, request), target.code, sent.code);
  await release();
  if (target.account === undefined) throw new FactorError('code_rejected');
  const proven: Proven = { request, target, account: target.account, code };
  return sent.password === undefined ? challengeSecond(proven, sent.answers) : setPassword(proven, sent.password, sent.answers);
}

interface SentReset {
  readonly code: string;
  /** Undefined for a challenge. */
  readonly password: string | undefined;
  /** The answers of second factors, or what each of them is challenged with. */
  readonly answers: Readonly<Record<string, unknown>>;
}

function readReset(request: ResetRequest): SentReset {
  const { params } = request;
  const { proof } = resetFactor(request);
  const isChallenge = Object.hasOwn(params, 'challengeData');
  const [known, carrier] = isChallenge ? [['challengeData'], 'challengeData'] : [['password', 'authData'], 'authData'];
  const isKnown = (name: string): boolean => ['factor', 'code', ...known].includes(name) || namesResetUser(name, proof);
  const named = Object.keys(params).filter((name) => namesResetUser(name, proof));
  if (!Object.keys(params).every(isKnown) || named.length !== 1) {
    const sentence = `Expected an object with: factor, ${proof.field}, code, password, authData; or challengeData in place of the last two.`;
    throw new FactorError('invalid_input', { sentence });
  }
  const answers = asObject(params[carrier] ?? (isChallenge ? undefined : {}));
  if (answers === undefined) throw new FactorError('invalid_input', { sentence: `Field "${carrier}" must be an object.` });
  const password = isChallenge ? undefined : readFields({ password: params['password'] }, { password: PASSWORD }).password;
  return { code: proof.readCode(params['code']), password, answers };
}

const ownOf = ({ request, account }: Proven, key: string): UserFactor<object> =>
  new UserFactor<object>(key, request.runtime, request, account, { primary: PASSWORD_RESET });

/** The user's second factors that are not on the address that received the code. One that does not open counts. */
function otherFactors(proven: Proven): string[] {
  const { target, request, account } = proven;
  return storedAmong(account.stored, secondFactors(request.runtime)).filter((key) => {
    const { factor, enrolment } = ownOf(proven, key);
    const { addressProof: own } = factor;
    const isOnAddress = own?.field === target.proof.field && own.isSame(own.addressOf(enrolment.enrolment), target.code.address);
    return !isOnAddress;
  });
}

/** Whether a factor is a backup authenticator that replaces a second factor here: recovery codes, and no device. */
const isRecovery = ({ request }: Proven, key: string): boolean => request.runtime.factors[key]?.backup === 'after-step-up';

/** Prepares second factors for the request that sets the password, such as by sending their codes. The reset code stays valid. */
async function challengeSecond(
  proven: Proven,
  asked: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const others = otherFactors(proven);
  const replies: Record<string, Reply> = {};
  for (const key of Object.keys(asked)) {
    if (!others.includes(key)) throw new FactorError('not_enrolled');
    if (asked[key] !== true) throw new FactorError('invalid_input', { sentence: 'Expected true.' });
    const { factor, context, enrolment } = ownOf(proven, key);
    replies[key] = await factor.challenge(context, 'sign-in', enrolment.enrolment);
  }
  return { challengeData: replies };
}

async function setPassword(proven: Proven, password: string, answers: Readonly<Record<string, unknown>>): Promise<Reply> {
  const { request, account, code, target } = proven;
  const { server, runtime } = request;
  const others = otherFactors(proven);
  const given = Object.keys(answers);
  for (const key of given) {
    if (!others.includes(key) && !(isRecovery(proven, key) && storedAmong(account.stored, [key]).length > 0)) {
      throw new FactorError('invalid_input', { sentence: 'Field "authData" must hold second factors on other addresses only.' });
    }
  }
  const hasBackup = given.some((key) => !others.includes(key));
  await policyFor(runtime, server, account).assertGiven({
    enrolled: others,
    given: given.filter((key) => others.includes(key)),
    hasBackup,
  });
  const checks: (() => Promise<unknown>)[] = [];
  for (const key of given.toSorted()) {
    const own = ownOf(proven, key);
    const answer = await own.readAnswer(answers[key], 'sign-in');
    checks.push(() => own.verifyAnswer(answer, 'sign-in'));
  }
  const emit = emitter(target.key, runtime, request, account);
  await server.accounts.resetPassword(password, {
    userId: account.id,
    emit,
    // The server has accepted the password by now.
    before: async () => {
      for (const check of checks) await check();
      await code.consume();
    },
    after: () =>
      everyStep([
        async () => emit({ type: 'password_reset' }),
        () => endOtherSessions({ runtime, request, account }, target.key, 'password_reset'),
      ]),
  });
  return DONE;
}
