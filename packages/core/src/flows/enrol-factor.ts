import { besideFactor, planToEnrol, planToEnrolAtLogin } from '../account/records/enrolment-plans.js';
import { type EnrolmentRecord, markOf } from '../account/records/enrolment-record.js';
import { secondFactors, storedAmong } from '../account/factor-roles.js';
import { changesOf } from '../account/records/record-plan.js';
import { everyStep } from '../error/every-step.js';
import { FactorError } from '../error/factor-error.js';
import type { Reply } from '../factor/context.js';
import { identityOf } from '../factor/primary-sign-in.js';
import type { AccountRequest, FactorReply } from './auth-request.js';
import { endDependents } from './end-dependents.js';
import { factorContext } from './factor-context.js';
import { describe, STATUS_ENABLED, toIso } from './status.js';
import { StepUp } from './step-up.js';
import type { UserFactor } from './user-factor.js';

/** Whether an enrolment is new or replaces the stored one. */
type Enrolling = 'enrolled' | 'replaced';

/** Confirms an enrolment that the user's session has begun, and stages the record to store. */
export async function enrol<Enrolment extends object>(
  key: string,
  payload: unknown,
  own: UserFactor<Enrolment>,
): Promise<FactorReply> {
  await new StepUp(own.at).requireToEnrol(key);
  return confirm(key, await own.readConfirmation(payload, 'save'), own, 'enrolled');
}

/** Confirms an enrolment that replaces the stored one, and stages the record to store. */
export async function replace<Enrolment extends object>(
  key: string,
  confirmation: unknown,
  own: UserFactor<Enrolment>,
): Promise<FactorReply> {
  await new StepUp(own.at).requireToEnrol(key);
  return confirm(key, confirmation, own, 'replaced');
}

async function confirm<Enrolment extends object>(
  key: string,
  confirmation: unknown,
  own: UserFactor<Enrolment>,
  type: Enrolling,
): Promise<FactorReply> {
  const { factor, at } = own;
  const stepUp = new StepUp(at);
  if (factor.backup !== undefined) return enrolBackup(key, confirmation, own, type);
  const current = own.findEnrolment()?.enrolment;
  const { enrolment, isBegun, reply, replaces } = await factor.confirmEnrolment(own.context, confirmation, current);
  if (isBegun === true) return reply === undefined ? {} : { response: reply };
  if (enrolment === undefined) throw new FactorError('unavailable');
  const isOneOfSeveral = factor.multiple !== undefined;
  const merge = (stored: Enrolment): Enrolment => factor.multiple?.merge(stored, enrolment, replaces) ?? enrolment;
  const kept = current === undefined ? enrolment : merge(current);
  const record = own.seal(kept, own.record);
  const isAdded = isOneOfSeveral && replaces === undefined;
  // One that is added beside others: the session already has a step-up proof, and it is not extended. A credential that the user
  // is found by is never a proof of its own beside another factor.
  const hasSecondFactor = storedAmong(at.account.stored, secondFactors(at.runtime)).length > 0;
  const isBeside = factor.multiple?.lookupIdOf === undefined ? current !== undefined : hasSecondFactor;
  // A proof by a primary factor does not count beside a second factor, and must not take the place of one that does.
  const provesNothing = identityOf(factor) !== undefined && hasSecondFactor;
  const freshUntil = (isAdded && isBeside) || provesNothing ? undefined : stepUp.freshUntil();
  const change = isAdded ? 'enrolled' : type;
  const save = own.stage(
    {
      bySession: true,
      plan: planToEnrol(at.runtime, key, at.account.stored, (stored) => {
        if (!isOneOfSeveral || isSameRecord(stored, own.record)) return record;
        if (stored === undefined) throw new FactorError('not_enrolled');
        return own.seal(merge(own.open(stored)), stored);
      }),
      after: async () => {
        own.context.emit({ type: change, purpose: 'enrolment' });
        await everyStep([
          () => endDependents(at, change, key),
          async () => {
            if (freshUntil !== undefined) await stepUp.mark(key, freshUntil);
          },
        ]);
      },
    },
    record.id,
  );
  const fresh = freshUntil === undefined ? {} : { freshUntil: toIso(freshUntil) };
  return { save, response: reply ?? { ...describe(factor, kept), ...fresh } };
}

/** Enrols a backup authenticator. It needs a second factor beside it, and is removed with the last one. */
async function enrolBackup<Enrolment extends object>(
  key: string,
  confirmation: unknown,
  own: UserFactor<Enrolment>,
  type: Enrolling,
): Promise<FactorReply> {
  const { factor, at, record } = own;
  const { context, plans } = own.staging();
  const current = own.findEnrolment()?.enrolment;
  const staging = { ...own.context, change: context.change };
  const { enrolment, reply } = await factor.confirmEnrolment(staging, confirmation, current);
  if (enrolment !== undefined) {
    const isAsRead = (stored: unknown): boolean => stored === undefined || isSameRecord(stored, record);
    const merged = (stored: unknown): Enrolment =>
      isAsRead(stored) ? enrolment : (factor.multiple?.merge(own.open(stored), enrolment) ?? enrolment);
    plans.push({ decide: ({ [key]: stored }) => ({ [key]: own.seal(merged(stored ?? undefined)) }) });
  }
  const save = own.stage({
    plan: besideFactor(at.runtime, { decide: (stored) => changesOf(plans, stored) }),
    after: async () => own.context.emit({ type, purpose: 'enrolment' }),
  });
  return { save, response: reply ?? STATUS_ENABLED };
}

/**
 * Confirms an enrolment that a login must set up, without a session.
 *
 * @param confirmation what was read of the payload
 */
export async function enrolAtLogin<Enrolment extends object>(
  confirmation: unknown,
  own: UserFactor<Enrolment>,
): Promise<{ readonly record: EnrolmentRecord; readonly response: Reply }> {
  const { enrolment, reply } = await own.factor.confirmEnrolment(own.context, confirmation, undefined);
  // A login must end with a session or an error. An enrolment that was only begun does not count.
  if (enrolment === undefined) throw new FactorError('enrolment_required');
  return { record: own.seal(enrolment), response: reply ?? describe(own.factor, enrolment) };
}

/**
 * Stores the enrolments of a login, ends what depends on the old factors, and emits events.
 *
 * @throws FactorError `session_required` when another factor was set up or removed meanwhile
 */
export async function storeEnrolled(at: AccountRequest, records: Readonly<Record<string, EnrolmentRecord>>): Promise<void> {
  const { runtime, request, account } = at;
  await request.server.accounts.commit(account, planToEnrolAtLogin(runtime, account.stored, records));
  const keys = Object.keys(records);
  await endDependents(at, 'enrolled', keys[0] ?? '');
  for (const key of keys) factorContext(key, runtime, request, account).emit({ type: 'enrolled', purpose: 'enrolment' });
}

const isSameRecord = (one: unknown, other: unknown): boolean => markOf(one) === markOf(other);
