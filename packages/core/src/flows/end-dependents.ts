import { planToRemove } from '../account/records/enrolment-plans.js';
import { backupFactors, type FactorChange } from '../account/factor-roles.js';
import { everyStep } from '../error/every-step.js';
import { emitter } from '../events/event-dispatcher.js';
import { afterAccountChange } from '../factor/enrolment-lifecycle.js';
import type { Factor } from '../factor/factor.js';
import type { AccountRequest } from './auth-request.js';
import { changeEnrolment } from './change-enrolment.js';
import { endHelpCode } from './recovery/help-code.js';
import { StepUp } from './step-up.js';

/** Revokes all trusted devices of the user. Returns the keys of the factors that had any. */
export async function revokeTrustedDevices(at: AccountRequest): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const [key, factor] of Object.entries<Factor<object>>(at.runtime.factors)) {
    if (factor.backup === undefined) continue;
    const shorten = (enrolment: object): object | undefined => {
      const left = afterAccountChange(factor, enrolment);
      return left === enrolment ? undefined : left;
    };
    if (await changeEnrolment(at, key, shorten)) ended.push(key);
  }
  return ended;
}

/**
 * Ends what depends on a factor or on the password after it changed: trust in devices, a help code, and the user's other
 * sessions.
 *
 * Sessions end only for a change of a factor that the option `revokeSessionsOn` names.
 *
 * @param factor the key of the factor that has changed
 */
export async function endDependents(at: AccountRequest, change: FactorChange | 'password', factor: string): Promise<void> {
  await everyStep([
    async () => {
      for (const key of await revokeTrustedDevices(at)) emit(at, key)({ type: 'device_revoked', reason: change });
    },
    () => endHelpCode(at),
    async () => {
      if (change === 'password' || !at.runtime.revokeSessionsOn.includes(change)) return;
      await endOtherSessions(at, factor, change);
    },
  ]);
}

/** Ends all sessions of the user except the one of this request. */
export async function endOtherSessions(
  at: AccountRequest,
  factor: string,
  reason: FactorChange | 'recovery' | 'password_reset',
): Promise<void> {
  const ended = await at.request.server.sessions.endOthers(at.account.id, at.session?.token, emit(at, factor));
  if (ended > 0) emit(at, factor)({ type: 'sessions_revoked', reason });
}

/** Ends what depended on factors that were removed: step-up proofs, trust in devices, and other sessions. */
export async function afterRemoval(at: AccountRequest, keys: readonly string[]): Promise<void> {
  const change = keys.find((key) => !backupFactors(at.runtime).includes(key));
  await everyStep([
    async () => {
      if (change !== undefined) await endDependents(at, 'removed', change);
    },
    () => new StepUp(at).endAll(),
  ]);
}

/** Removes factors in one step, and backup authenticators with the last one. Then it ends what depended on them. */
export async function removeFactors(at: AccountRequest, keys: readonly string[]): Promise<void> {
  await at.request.server.accounts.commit(at.account, planToRemove(at.runtime, keys));
  await afterRemoval(at, keys);
}

const emit = ({ runtime, request, account }: AccountRequest, key: string): ReturnType<typeof emitter> =>
  emitter(key, runtime, request, account);
