import { firstFactors, storedAmong } from '../account/factor-roles.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { FactorUser, Reply } from '../factor/context.js';
import type { FactorEventType } from '../factor/factor-event.js';
import { type AdminRequest, assertAdministrator } from '../parse/admin-request.js';
import { answering } from '../parse/parse-errors.js';
import { authDataOf, fetchUser, findUser } from '../parse/parse-user.js';
import { asObject } from '../validation/json-object.js';
import { type FieldRule, readFields } from '../validation/payload.js';
import { Account } from './account.js';
import { type ResealReport, resealUsers } from './reseal-records.js';
import type { FactorRuntime } from './runtime.js';
import { FactorRequest } from './user-factor.js';

/** The Cloud functions that `install` registers with `adminFunctions`. Each needs the master key, and each is an event. */
export interface AdminFunctions {
  /** `{ userId }`: the user's factors by key, as he sees them; never a secret. `status` is `unreadable` where no key opens one. */
  factorsList(request: AdminRequest): Promise<Readonly<Record<string, Reply>>>;
  /** `{ userId, factor? }`: removes a factor, or all, and ends what depends on it; gives the keys that were removed. */
  factorsReset(request: AdminRequest): Promise<readonly string[]>;
  /** `{ userId, factor? }`: ends the locks of a factor, or of all; gives their keys. */
  factorsUnlock(request: AdminRequest): Promise<readonly string[]>;
  /** `{ userId }`: ends the trust in every device; gives the keys under which there was any. */
  factorsRevokeDevices(request: AdminRequest): Promise<readonly string[]>;
  /**
   * `{ after?, limit?, apply? }`: seals what is kept about one batch of users under the newest key and the present
   * application id, and counts what hangs on which key. `after` is the `next` of the batch before; `limit`, 1 to 1000
   * users, is 100 by default; without `apply: true` nothing is written.
   */
  factorsReseal(request: AdminRequest): Promise<ResealReport>;
}

const USER_ID: FieldRule = { maxLength: 64, pattern: /^[A-Za-z0-9_-]+$/, accepts: 'the id of a user' };
const KEY: FieldRule = { maxLength: 64, pattern: /^[A-Za-z]\w*$/, accepts: 'the key of a factor' };

/** What an administrator does about a user's factors. */
export function adminFunctions(runtime: FactorRuntime): AdminFunctions {
  const keys = Object.keys(runtime.factors);
  const scopeOf = (request: AdminRequest, user: FactorUser, key: string): FactorRequest<object> =>
    new FactorRequest(key, runtime, request, user);

  /** Reads the parameters, finds the user, does the work for his chosen factors, and tells of it. */
  async function administer<Result>(
    request: AdminRequest,
    type: FactorEventType,
    work: (user: FactorUser, chosen: readonly string[]) => Promise<{ result: Result; touched: readonly string[] }>,
  ): Promise<Result> {
    return answering(emitter('', runtime, request, undefined), async () => {
      assertAdministrator(request);
      const { userId, factor } = readParams(request.params, type !== 'listed' && type !== 'device_revoked');
      if (factor !== undefined && !keys.includes(factor)) throw new FactorError('not_enrolled');
      const user = await findUser(request.config, userId);
      if (user === undefined) throw new FactorError('invalid_input', { sentence: 'There is no such user.' });
      const enrolled = storedAmong(authDataOf(user), factor === undefined ? keys : [factor]);
      const { result, touched } = await work(user, enrolled);
      for (const key of touched) emitter(key, runtime, request, user)({ type, reason: 'administrator' });
      return result;
    });
  }

  return {
    factorsList: (request) =>
      administer(request, 'listed', async (user, enrolled) => {
        const list = enrolled.map((key) => [key, scopeOf(request, user, key).status(runtime.factors[key])] as const);
        return { result: Object.fromEntries(list), touched: enrolled };
      }),
    factorsReset: (request) =>
      administer(request, 'reset', async (user, chosen) => {
        // What signs in alone goes only when it is named: a user without it may have no way in.
        const named = asObject(request.params)?.['factor'];
        const reset = chosen.filter((key) => key === named || !firstFactors(runtime).includes(key));
        if (reset.length > 0) await new Account(runtime, request, user).remove(reset);
        const left = storedAmong(authDataOf(await fetchUser(request.config, user.id)), keys);
        const removed = storedAmong(authDataOf(user), keys).filter((key) => !left.includes(key));
        for (const key of removed) await scopeOf(request, user, key).forget();
        return { result: removed, touched: removed };
      }),
    factorsUnlock: (request) =>
      administer(request, 'unlocked', async (user, chosen) => {
        for (const key of chosen) await scopeOf(request, user, key).pardon();
        return { result: chosen, touched: chosen };
      }),
    factorsRevokeDevices: (request) =>
      administer(request, 'device_revoked', async (user) => {
        const touched = await new Account(runtime, request, user).endTrust();
        return { result: touched, touched };
      }),
    factorsReseal: (request) => resealUsers(runtime, request),
  };
}

function readParams(params: unknown, mayNameFactor: boolean): { readonly userId: string; readonly factor?: string } {
  const namesFactor = mayNameFactor && asObject(params)?.['factor'] !== undefined;
  return namesFactor ? readFields(params, { userId: USER_ID, factor: KEY }) : readFields(params, { userId: USER_ID });
}
