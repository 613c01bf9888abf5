import { identityFactors } from '../account/factor-roles.js';
import type { AccountState, Session } from '../account/ports.js';
import { changesOf } from '../account/records/record-plan.js';
import { everyStep } from '../error/every-step.js';
import { FactorError } from '../error/factor-error.js';
import type { ManageCommand } from '../factor/command.js';
import type { Factor } from '../factor/factor.js';
import { identityOf } from '../factor/primary-sign-in.js';
import { asObject, hasSameFields, sameStrings } from '../validation/json-object.js';
import { namesUser } from '../validation/payload.js';
import { type AuthRequest, type FactorReply, UNCHANGED } from './auth-request.js';
import { endDependents } from './end-dependents.js';
import { enrol, replace } from './enrol-factor.js';
import { endHelpCode } from './recovery/help-code.js';
import { cancelRecovery, recover } from './recovery/recover.js';
import { STATUS_DISABLED, STATUS_ENABLED, toIso } from './status.js';
import { StepUp } from './step-up.js';
import { UserFactor } from './user-factor.js';

/**
 * Handles what the user's own session sends for one factor: to set it up, to answer it, or to change it.
 *
 * @param key the factor's key in `auth`
 */
export async function manageFactor(key: string, payload: unknown, request: AuthRequest): Promise<FactorReply> {
  await assertSingleLink(request);
  const session = request.session as Session;
  const factor = request.runtime.factors[key] as Factor<object>;
  if (request.kind === 'own-save-of-taken-id' && identityOf(factor)?.lookUp === undefined) {
    return answerForTakenId(key, payload, request, session);
  }
  const own = new UserFactor(key, request.runtime, request, await accountWithStaged(request, session), { session });
  const id = idOf(own.record);
  if (id !== undefined && asObject(payload)?.['id'] === id && isSentAlong(factor, request)) {
    // Finding the user by this payload has counted an attempt. A right answer clears it.
    if (identityOf(factor)?.lookUp !== undefined) await own.verifyAnswer(await own.readAnswer(payload, 'save'), 'save');
    return UNCHANGED;
  }
  if (own.record === undefined && sameStrings(payload, STATUS_DISABLED)) return UNCHANGED;
  const reply = await (own.record === undefined ? enrol(key, payload, own) : change(key, payload, own));
  if (reply.save !== undefined) request.progress.staged[key] = reply.save;
  return reply;
}

/** SDKs send the credentials of the sign-in along with other providers. A step-up proof by a primary factor is sent alone. */
const isSentAlong = (factor: Factor<object>, { sent }: AuthRequest): boolean =>
  identityOf(factor) === undefined || Object.keys(sent.providers).length > 1;

/** Reads the stored row again, as triggers may have changed it. Records that the same save has staged count as stored. */
async function accountWithStaged({ server, progress: { staged } }: AuthRequest, session: Session): Promise<AccountState> {
  const account = await server.accounts.get(session.userId);
  if (Object.keys(staged).length === 0) return account;
  return { ...account, stored: server.accounts.preview(account.id, staged, account.stored) };
}

/**
 * Answers a session that sends an id of another account.
 *
 * Only a user who proves that the id is theirs learns that it is taken, from Parse Server's own error (user enumeration,
 * CWE-204).
 */
async function answerForTakenId(key: string, payload: unknown, request: AuthRequest, session: Session): Promise<FactorReply> {
  const { runtime, server } = request;
  const own = new UserFactor(key, runtime, request, await server.accounts.get(session.userId), { session });
  if (identityOf(own.factor) === undefined) throw new FactorError('session_required');
  await new StepUp(own.at).requireToEnrol(key);
  const confirmation = await own.readConfirmation(payload, 'save');
  const { enrolment } = await own.factor.confirmEnrolment(own.context, confirmation, own.findEnrolment()?.enrolment);
  if (enrolment === undefined) throw new FactorError('unavailable');
  return UNCHANGED;
}

/** Handles a payload for a factor that is set up: an echo of its status, a step-up proof, a replacement, or another change. */
async function change<Enrolment extends object>(key: string, payload: unknown, own: UserFactor<Enrolment>): Promise<FactorReply> {
  const { factor } = own;
  const { enrolment } = own.enrolment;
  if (isEcho(payload, own, enrolment)) return UNCHANGED;
  const command = await factor.read(payload, { at: 'save', user: own.context.user, enrolment });
  if (command.do === 'manage') return manage(key, command, own);
  if (command.do === 'enrol') {
    const proof = factor.replaces?.proofIn(command.confirmation);
    if (proof !== undefined) await prove(key, proof, own);
    return replace(key, command.confirmation, own);
  }
  if (command.do !== 'answer' && command.do !== 'enrol-or-answer') throw new FactorError('invalid_input');
  const { answer } = command;
  if (own.isBackup(answer)) return recover(key, answer, own);
  try {
    const freshUntil = await prove(key, answer, own);
    return { response: { status: 'verified', freshUntil: toIso(freshUntil) } };
  } catch (error) {
    if (command.do === 'answer' || !isWrongAnswer(error) || !(await new StepUp(own.at).isFresh())) throw error;
    return replace(key, command.confirmation, own);
  }
}

/** Whether an SDK only sends back what it was shown. Such an echo changes nothing. */
function isEcho<Enrolment extends object>(payload: unknown, own: UserFactor<Enrolment>, enrolment: Enrolment): boolean {
  const { factor, record } = own;
  const shown = { ...STATUS_ENABLED, ...factor.describe(enrolment) };
  // The ways come from the configuration, which may have changed since.
  const seen = (sent: unknown): boolean => [shown, STATUS_ENABLED, record].some((each) => sameStrings(sent, each));
  const { ways, ...sent } = asObject(payload) ?? {};
  if (seen(payload) || (typeof ways === 'string' && seen(sent))) return true;
  // The status of these factors changes with use or with each further enrolment, so an SDK may send back an older one.
  const changesWithUse = factor.backup !== undefined || factor.multiple !== undefined;
  return changesWithUse && (hasSameFields(payload, shown) || (typeof ways === 'string' && hasSameFields(sent, shown)));
}

async function manage<Enrolment extends object>(
  key: string,
  { change, reduces: isLess = false }: ManageCommand,
  own: UserFactor<Enrolment>,
): Promise<FactorReply> {
  const { management } = own.factor;
  if (management === undefined) throw new FactorError('invalid_input');
  const stepUp = new StepUp(own.at);
  const proof = isLess ? await stepUp.requireToReduce() : undefined;
  const { context, plans, emitAll } = own.staging();
  await management.apply(context, change);
  const save = own.stage(
    {
      plan: { decide: (stored) => changesOf(plans, stored) },
      ...(proof !== undefined && { before: () => stepUp.spend(proof) }),
      after: async () => {
        emitAll();
        if (!isLess) return;
        await everyStep([() => endDependents(own.at, 'removed', key), () => stepUp.endAll()]);
        own.context.emit({ type: 'removed' });
      },
    },
    idOf(own.record),
  );
  return { save };
}

/** Verifies an answer as a step-up proof. Returns when the proof ends, in epoch milliseconds. */
async function prove<Enrolment extends object>(key: string, answer: unknown, own: UserFactor<Enrolment>): Promise<number> {
  const { factor, at } = own;
  const opened = own.enrolment;
  if (own.isBackup(answer))
    throw new FactorError('invalid_input', { sentence: 'This sign-in method works only at a login. Use another one.' });
  await factor.verify(own.context, 'fresh-proof', answer, opened.enrolment);
  const stepUp = new StepUp(at);
  const freshUntil = stepUp.freshUntil();
  await stepUp.mark(key, freshUntil);
  await cancelRecovery(at.runtime, at.request, async () => at.account);
  await endHelpCode(at);
  await own.sealAnew(opened);
  return freshUntil;
}

/**
 * Refuses a session that sends an id of another account together with other credentials.
 *
 * Parse Server shows the hooks of all factors the account that owns the id. Their replies could reveal what that user has set
 * up, or that they exist (user enumeration, CWE-204). So a session links one id in a request, and nothing else with it. It may
 * send no lookup id of a second factor but its own.
 *
 * @throws FactorError `invalid_input`
 */
async function assertSingleLink({ runtime, sent, session, server }: AuthRequest): Promise<void> {
  const { factors } = runtime;
  const { providers: presented } = sent;
  const ids = identityFactors(runtime).filter((key) => asObject(presented[key])?.['id'] !== undefined);
  const lookupIds = Object.keys(factors).filter(
    (key) => !ids.includes(key) && factors[key]?.replaces === undefined && namesUser(presented[key]),
  );
  const ours = Object.keys(factors).filter((key) => (presented[key] ?? undefined) !== undefined);
  if (lookupIds.length === 0 && (ids.length === 0 || ours.length < 2)) return;
  const { stored } = await server.accounts.get((session as Session).userId);
  const isOwn = (key: string): boolean => asObject(presented[key])?.['id'] === asObject(stored[key])?.['id'];
  if (!lookupIds.every(isOwn)) throw new FactorError('invalid_input', { sentence: 'Send this request without the field "id".' });
  const foreign = ids.filter((key) => !isOwn(key));
  const others = ours.filter((key) => !ids.includes(key) || foreign.includes(key));
  if (foreign.length > 0 && others.length > 1) {
    throw new FactorError('invalid_input', { sentence: 'To link an address, send no other sign-in method in the same request.' });
  }
}

/** Whether an answer failed as a step-up proof but may still confirm a replacement. */
const isWrongAnswer = (error: unknown): boolean =>
  error instanceof FactorError && ['code_rejected', 'code_expired', 'invalid_input'].includes(error.code);

const idOf = (record: unknown): string | undefined => {
  const id = asObject(record)?.['id'];
  return typeof id === 'string' ? id : undefined;
};
