import { secondFactors, linkedFactors } from '../../account/factor-roles.js';
import { markOf } from '../../account/records/enrolment-record.js';
import type { AccountState } from '../../account/ports.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter, emittingFaults } from '../../events/event-dispatcher.js';
import type { Reply } from '../../factor/context.js';
import { asObject } from '../../validation/json-object.js';
import { readFields } from '../../validation/payload.js';
import { endOtherSessions } from '../end-dependents.js';
import { factorContext } from '../factor-context.js';
import { countByNetwork } from '../sign-in/network-limits.js';
import { type ClientCall, SENT_PASSWORD } from '../request-code.js';
import { findResetTarget, isStillAt, namesResetUser, readNamedUser, resetFactor } from './reset-target.js';
import { challengeSecond, type ProvenAddress, readSecondFactors } from './second-factors.js';
import { takeOver } from './take-over.js';

/** The reply to a new password. */
const DONE: Reply = Object.freeze({ status: 'reset' });

/**
 * Sets a new password with a code, and with the user's other second factors: `{ factor, email, code, password, authData }`.
 * With `challengeData` in place of `password` and `authData`, it prepares a second factor, such as by sending its code.
 *
 * - A factor on the very address that received the code does not count a second time. If it is the only one, the code is
 *   enough. One on another spelling of the mailbox counts only if the user has no better one.
 * - The owner of the unverified `email` of an account takes it over; see {@link takeOver}. They answer no second factors.
 * - A recovery code replaces a second factor. A trusted device does not.
 * - Each request counts as one attempt at the code. Missing and malformed answers, and a password that the server's policy
 *   refuses, use nothing else up.
 * - All sessions of the user end, and with them trust in devices and step-up proofs. Every known address is notified. No session
 *   is opened.
 *
 * @throws FactorError `code_rejected` for every wrong code, address and name; `factor_required`, `locked`, `cooldown`,
 *   `invalid_input`, `not_enrolled`
 * @throws Parse.Error for a password that the server's policy refuses
 */
export async function resetPassword(request: ClientCall): Promise<Readonly<Record<string, unknown>>> {
  const sent = readReset(request);
  const named = readNamedUser(request);
  const release = await countByNetwork(named.key, request.runtime, { ...request, isAdministrator: false });
  const target = await findResetTarget(request, named);
  const code = await named.proof.check(factorContext(named.key, request.runtime, request), target.code, sent.code);
  await release();
  if (target.account === undefined) throw new FactorError('code_rejected');
  const proven: ProvenAddress = { request, named, target, account: target.account, code };
  return sent.password === undefined ? challengeSecond(proven, sent.answers) : setPassword(proven, sent.password, sent.answers);
}

interface SentReset {
  readonly code: string;
  /** Undefined for a challenge. */
  readonly password: string | undefined;
  /** The answers of second factors, or what each of them is challenged with. */
  readonly answers: Readonly<Record<string, unknown>>;
}

function readReset(request: ClientCall): SentReset {
  const { params } = request;
  const { proof } = resetFactor(request);
  const isChallenge = Object.hasOwn(params, 'challengeData');
  const [known, carrier] = isChallenge ? [['challengeData'], 'challengeData'] : [['password', 'authData'], 'authData'];
  const isKnown = (name: string): boolean => ['factor', 'code', ...known].includes(name) || namesResetUser(name, proof);
  const named = Object.keys(params).filter((name) => namesResetUser(name, proof));
  if (!Object.keys(params).every(isKnown) || named.length !== 1) {
    const sentence = `Expected an object with these fields: factor, ${proof.field}, code, password, authData; or challengeData in place of the last two.`;
    throw new FactorError('invalid_input', { sentence });
  }
  const answers = asObject(params[carrier] ?? (isChallenge ? undefined : {}));
  if (answers === undefined) throw new FactorError('invalid_input', { sentence: `Field "${carrier}" must be an object.` });
  const password = isChallenge ? undefined : readFields({ password: params['password'] }, { password: SENT_PASSWORD }).password;
  return { code: proof.readCode(params['code']), password, answers };
}

async function setPassword(proven: ProvenAddress, password: string, answers: Readonly<Record<string, unknown>>): Promise<Reply> {
  const { request, target, account, code, named } = proven;
  const { server, runtime } = request;
  const checks = await readSecondFactors(proven, answers);
  const emit = emitter(named.key, runtime, request, account);
  const endSessions = (): Promise<void> => endOtherSessions({ runtime, request, account }, named.key, 'password_reset');
  const { after, ...taken } = target.takesOver ? takeOver(proven) : {};
  const isWritten = await server.accounts.write('password', password, {
    userId: account.id,
    account,
    emit,
    ...taken,
    // The server has accepted the password by now.
    before: async () => {
      await assertUnchanged(proven);
      for (const check of checks) await check();
      await code.consume();
      await endSessions(); // before the write as well: if they cannot be ended, the password stays
    },
    after: async () => {
      if (after === undefined) emit({ type: 'password_reset' });
      await after?.();
      // Those that were opened meanwhile with the old password. The password is set, so a fault is an event.
      await emittingFaults(emit, endSessions).catch(() => undefined);
    },
  });
  if (!isWritten) throw justChanged();
  return DONE;
}

/** Refuses a reset during which the user's factors or address have changed. @throws FactorError `factor_required` */
async function assertUnchanged({ request, named, target, account }: ProvenAddress): Promise<void> {
  const now = await request.server.accounts.get(account.id);
  const marks = ({ stored }: AccountState): string =>
    [...secondFactors(request.runtime), ...linkedFactors(request.runtime)].map((key) => markOf(stored[key])).join();
  if (marks(now) !== marks(account) || !isStillAt(request, named, target, now)) throw justChanged();
}

const justChanged = (): FactorError =>
  new FactorError('factor_required', { sentence: 'The sign-in methods of this account have just changed. Try again.' });
