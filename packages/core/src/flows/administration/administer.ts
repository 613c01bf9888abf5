import { helpFactors, identityFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { besideFactor } from '../../account/records/enrolment-plans.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import type { Reply } from '../../factor/context.js';
import type { FactorEventType } from '../../factor/factor-event.js';
import { asObject } from '../../validation/json-object.js';
import { readFields } from '../../validation/payload.js';
import { FACTOR_KEY } from '../request-code.js';
import { removeFactors, revokeTrustedDevices } from '../end-dependents.js';
import { onlyWaysIn } from '../recovery/only-ways-in.js';
import { UserFactor } from '../user-factor.js';
import { openCountry } from './open-country.js';
import { type ResealReport, resealUsers } from './reseal-records.js';
import { type AdminCall, USER_ID } from './user-batch.js';

/** What an administrator can do with a user's factors, by the names of the Cloud functions. */
export interface Administration {
  factorsList(call: AdminCall): Promise<Readonly<Record<string, Reply>>>;
  factorsReset(call: AdminCall): Promise<readonly string[]>;
  factorsUnlock(call: AdminCall): Promise<readonly string[]>;
  factorsRevokeDevices(call: AdminCall): Promise<readonly string[]>;
  factorsEndUserSessions(call: AdminCall): Promise<number>;
  factorsHelpCode(call: AdminCall): Promise<Reply>;
  factorsOpenCountry(call: AdminCall): Promise<string>;
  factorsReseal(call: AdminCall): Promise<ResealReport>;
}

/** The work that may concern one factor only. */
const NAMING: readonly FactorEventType[] = ['reset', 'unlocked'];

/**
 * Builds the functions by which an administrator manages a user's factors. Each call emits an event for each affected factor.
 */
export function administration(runtime: Runtime): Administration {
  const keys = Object.keys(runtime.factors);
  const factorOf = (call: AdminCall, account: AccountState, key: string): UserFactor<object> =>
    new UserFactor(key, runtime, call, account);

  /** Reads the parameters, finds the user, runs the work for the chosen factors, and emits an event for each. */
  async function administer<Result>(
    call: AdminCall,
    type: FactorEventType,
    work: (account: AccountState, chosen: readonly string[]) => Promise<{ result: Result; touched: readonly string[] }>,
  ): Promise<Result> {
    const { userId, factor } = readParams(call.params, NAMING.includes(type));
    if (type !== 'listed') call.server.assertNoTransaction(); // one that is taken back changes nothing, and its events would be wrong
    if (factor !== undefined && !keys.includes(factor)) throw new FactorError('not_enrolled');
    const account = await call.server.accounts.find(userId);
    if (account === undefined) throw new FactorError('invalid_input', { sentence: 'There is no such user.' });
    const enrolled = storedAmong(account.stored, factor === undefined ? keys : [factor]);
    const { result, touched } = await work(account, enrolled);
    for (const key of touched) emitter(key, runtime, call, account)({ type, reason: 'administrator' });
    return result;
  }

  return {
    factorsList: (call) =>
      administer(call, 'listed', async (account, enrolled) => {
        const list = enrolled.map((key) => [key, factorOf(call, account, key).status] as const);
        return { result: Object.fromEntries(list), touched: enrolled };
      }),
    factorsReset: (call) =>
      administer(call, 'reset', async (account, chosen) => {
        // Ways in are removed only when the call names them: without them the user could not sign in, or not get back in.
        const named = asObject(call.params)?.['factor'];
        const only = await onlyWaysIn(runtime, call.server, account);
        const waysBack = only.length === 0 ? [] : chosen.filter((key) => runtime.factors[key]?.recovery !== undefined);
        const kept = [...identityFactors(runtime), ...only, ...waysBack];
        const reset = chosen.filter((key) => key === named || !kept.includes(key));
        if (reset.length > 0) await removeFactors({ runtime, request: call, account }, reset);
        const left = storedAmong((await call.server.accounts.get(account.id)).stored, keys);
        const removed = storedAmong(account.stored, keys).filter((key) => !left.includes(key));
        for (const key of removed) await factorOf(call, account, key).forget();
        return { result: removed, touched: removed };
      }),
    factorsUnlock: (call) =>
      administer(call, 'unlocked', async (account, chosen) => {
        for (const key of chosen) await factorOf(call, account, key).pardon();
        return { result: chosen, touched: chosen };
      }),
    factorsRevokeDevices: (call) =>
      administer(call, 'device_revoked', async (account) => {
        const touched = await revokeTrustedDevices({ runtime, request: call, account });
        return { result: touched, touched };
      }),
    factorsEndUserSessions: (call) =>
      administer(call, 'sessions_revoked', async (account) => {
        const ended = await call.server.sessions.endOthers(account.id, undefined, emitter('', runtime, call, account.id));
        return { result: ended, touched: ended > 0 ? [''] : [] };
      }),
    factorsHelpCode: (call) =>
      administer(call, 'help_issued', async (account) => {
        const [key] = helpFactors(runtime);
        if (key === undefined)
          throw new FactorError('invalid_input', { sentence: 'Compose a HelpCodeFactor to issue help codes.' });
        const own = factorOf(call, account, key);
        const { enrolment, reply } = await own.factor.confirmEnrolment(own.context, undefined, undefined);
        if (enrolment === undefined || reply === undefined) throw new FactorError('unavailable');
        const record = own.seal(enrolment);
        await call.server.accounts.commit(account, besideFactor(runtime, { decide: () => ({ [key]: record }) }));
        await own.pardon();
        return { result: reply, touched: [key] };
      }),
    factorsOpenCountry: (call) => openCountry(runtime, call),
    factorsReseal: (call) => resealUsers(runtime, call),
  };
}

function readParams(params: unknown, mayNameFactor: boolean): { readonly userId: string; readonly factor?: string } {
  const namesFactor = mayNameFactor && asObject(params)?.['factor'] !== undefined;
  return namesFactor ? readFields(params, { userId: USER_ID, factor: FACTOR_KEY }) : readFields(params, { userId: USER_ID });
}
