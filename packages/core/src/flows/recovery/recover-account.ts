import { waysInUnlessPassword } from '../../account/change-rules.js';
import type { ServerRequest } from '../../account/ports.js';
import { markOf } from '../../account/records/enrolment-record.js';
import { changesOf, type RecordPlan } from '../../account/records/record-plan.js';
import type { Runtime } from '../../account/runtime.js';
import { everyStep } from '../../error/every-step.js';
import { FactorError } from '../../error/factor-error.js';
import { emittingFaults } from '../../events/event-dispatcher.js';
import type { Reply } from '../../factor/context.js';
import { type NewEnrolment, signsUpAlone } from '../../factor/primary-sign-in.js';
import { asObject } from '../../validation/json-object.js';
import { type FieldRule, readFields } from '../../validation/payload.js';
import { endDependents, endOtherSessions } from '../end-dependents.js';
import { factorContext } from '../factor-context.js';
import { countByNetwork, unlessRejected } from '../sign-in/network-limits.js';
import { toIso } from '../status.js';
import { StepUp } from '../step-up.js';
import { UserFactor } from '../user-factor.js';

/** A request to get back into an account whose only way in is lost. */
export interface RecoverRequest extends ServerRequest {
  readonly runtime: Runtime;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What was sent, by the keys of the factors. */
interface Sent {
  readonly username: string;
  readonly recoveryKey: string;
  readonly code: unknown;
  /** The new enrolment; undefined if none was sent. */
  readonly added: { readonly key: string; readonly payload: unknown } | undefined;
}

const USERNAME: FieldRule = {
  maxLength: 320,
  pattern: /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u,
  accepts: 'a string of 1 to 320 characters',
};

/**
 * Lets a user back in who has signed up with a passkey alone and has lost it:
 * `{ username, authData: { recovery: code } }` begins the waiting time, and after it
 * `{ username, authData: { recovery: anotherCode, passkey: { id, credential } } }` replaces the passkey.
 *
 * - Only accounts without a password, a linked primary factor and another provider are recovered. Every other user, and every
 *   wrong code, gets the same answer (user enumeration, CWE-204).
 * - A sign-in with the lost passkey ends the waiting time. A code that is sent while it lasts, or without a new passkey after
 *   it, stays unused.
 * - Wrong codes lock nothing, as anyone may send them; the limit of the network bounds them, and codes have 80 bits.
 * - All sessions of the user end. No session is opened: the user signs in with the new passkey.
 *
 * @throws FactorError `code_rejected`, `cooldown`, `invalid_input`
 */
export async function recoverAccount(request: RecoverRequest): Promise<Reply> {
  const { runtime, server } = request;
  server.assertNoTransaction();
  const sent = readSent(request);
  const release = await countByNetwork(sent.recoveryKey, runtime, { ...request, isAdministrator: false });
  const reply = await unlessRejected(() => recover(sent, request), release);
  await release();
  return reply;
}

async function recover(sent: Sent, request: RecoverRequest): Promise<Reply> {
  const { runtime, server } = request;
  const { username, recoveryKey, code, added } = sent;
  const context = factorContext(added?.key ?? recoveryKey, runtime, request);
  const verified = added && (await signsUpAlone(runtime.factors[added.key])?.enrolNew(context, added.payload));
  const [account] = await server.accounts.findBy({ username }, 1);
  // Read for no user as well, so that the same statements run whether there is one or not.
  const hasPassword = await server.accounts.hasPassword(account?.id ?? '');
  const ways = hasPassword ? [] : waysInUnlessPassword(account?.stored ?? {}, runtime);
  if (account === undefined || ways.length === 0) throw refuse(sent, request);
  const own = new UserFactor<object>(recoveryKey, runtime, request, account);
  const answer = await own.readAnswer(code, 'sign-in').catch(() => undefined);
  const enrolment = own.findEnrolment()?.enrolment;
  const { recovery } = own.factor;
  if (answer === undefined || enrolment === undefined || recovery === undefined) throw refuse(sent, request);
  // Nothing is stored yet: the code is used up in the statement that stores the new enrolment.
  const staging = own.staging();
  const { waitsUntil, isNew } = await recovery.prove(staging.context, answer, enrolment).catch((fault: unknown) => {
    staging.emitAll();
    throw fault;
  });
  if (waitsUntil === undefined && (added === undefined || verified === undefined)) return { status: 'verified' };
  if (waitsUntil !== undefined) {
    await commitSpent(own, staging);
    if (isNew === true) own.context.emit({ type: 'recovery_begun', purpose: 'fresh-proof', retryAt: waitsUntil });
    return { status: 'pending', availableAt: toIso(waitsUntil) };
  }
  if (added !== undefined && verified !== undefined) await replaceEnrolment(own, staging, { ...verified, key: added.key });
  return { status: 'recovered' };
}

/** The use of a code that is not stored yet, and its events. */
type Staging = ReturnType<UserFactor<object>['staging']>;

/** Carries out the use of a code, and refuses it if another request was first. */
async function commitSpent({ at }: UserFactor<object>, { plans, emitAll }: Staging, also?: RecordPlan): Promise<void> {
  await at.request.server.accounts.commit(at.account, {
    decide: (stored) => {
      const spent = changesOf(plans, stored);
      if (plans.length > 0 && Object.keys(spent).length === 0) throw new FactorError('code_rejected');
      return { ...spent, ...also?.decide(stored) };
    },
  });
  emitAll();
}

async function replaceEnrolment(
  own: UserFactor<object>,
  staging: Staging,
  { key, enrolment, consume }: NewEnrolment<object> & { readonly key: string },
): Promise<void> {
  const { runtime, request, account } = own.at;
  const replaced = new UserFactor<object>(key, runtime, request, account);
  const { emit } = replaced.context;
  const endSessions = (): Promise<void> => endOtherSessions(own.at, key, 'recovery');
  await consume();
  await endSessions(); // before the change as well: if they cannot be ended, nothing changes
  await commitSpent(own, staging, {
    decide: (stored) => {
      // The owner may have signed in meanwhile, which ends the waiting time (time-of-check race, CWE-367).
      if (markOf(stored[own.context.key]) !== markOf(account.stored[own.context.key])) throw new FactorError('code_rejected');
      return { [key]: replaced.seal(enrolment) };
    },
  });
  emit({ type: 'replaced', purpose: 'fresh-proof' });
  own.context.emit({ type: 'recovery_proven', purpose: 'fresh-proof' });
  const rest = [endSessions, () => endDependents(own.at, 'replaced', key), () => new StepUp(own.at).endAll()];
  // The passkey is replaced, so a fault is an event.
  await emittingFaults(emit, () => everyStep(rest)).catch(() => undefined);
}

/** @throws FactorError `invalid_input` */
function readSent({ runtime, params }: RecoverRequest): Sent {
  const { username } = readFields({ username: params['username'] }, { username: USERNAME });
  const keys = Object.keys(runtime.factors);
  const authData = asObject(params['authData']) ?? {};
  const names = Object.keys(authData);
  const [recoveryKey, second] = names.filter((key) => keys.includes(key) && runtime.factors[key]?.recovery?.isDelayed === true);
  const [addedKey, other] = names.filter((key) => keys.includes(key) && signsUpAlone(runtime.factors[key]) !== undefined);
  const isExact = Object.keys(params).length === 2 && names.length === (addedKey === undefined ? 1 : 2);
  if (recoveryKey === undefined || second !== undefined || other !== undefined || !isExact) {
    const sentence = 'Expected an object with exactly these fields: username, authData.';
    throw new FactorError('invalid_input', { sentence });
  }
  const added = addedKey === undefined ? undefined : { key: addedKey, payload: authData[addedKey] };
  return { username, recoveryKey, code: authData[recoveryKey], added };
}

function refuse({ recoveryKey }: Sent, request: RecoverRequest): FactorError {
  const { emit } = factorContext(recoveryKey, request.runtime, request);
  emit({ type: 'rejected', purpose: 'fresh-proof', reason: 'code_rejected', isLogged: false });
  return new FactorError('code_rejected');
}
