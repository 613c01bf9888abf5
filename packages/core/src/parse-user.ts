import { setTimeout } from 'node:timers/promises';
import { isUnconfirmed, type EnrolmentRecord } from './enrolment-record.js';
import { FactorError } from './factor-error.js';
import type { FactorUser } from './factor.js';
import type { ParseRow } from './parse-database.js';
import { parseGlobal, type HookConfig } from './parse-hooks.js';
import { asObject } from './payload.js';

const OBJECT_NOT_FOUND = 101;
const MAX_SWEEPS = 10;
/** How long a request that opens a session may be under way, and be seen. */
const SETTLE_MS = 100;
/** Losing this many races for one row means that something else is wrong. */
const MAX_ROUNDS = 32;

const pointerTo = (objectId: string, className = '_User'): object => ({ __type: 'Pointer', className, objectId });

/** The whole stored row of a user, as the master key sees it, without the password's hash; undefined when there is none. */
export async function findUser(config: HookConfig, objectId: string): Promise<FactorUser | undefined> {
  return (await findUsers(config, { objectId }, 1))[0];
}

/** Up to `limit` whole stored rows of users, as {@link findUser} gives them. */
export async function findUsers({ database }: HookConfig, query: ParseRow, limit: number): Promise<FactorUser[]> {
  return (await database.find('_User', query, { limit })).map(toUser);
}

/** The next users by their ids, as {@link findUser} gives them. */
export async function listUsers({ database }: HookConfig, after: string, limit: number): Promise<readonly FactorUser[]> {
  const query = after === '' ? {} : { objectId: { $gt: after } };
  return (await database.find('_User', query, { limit, sort: { objectId: 1 } })).map(toUser);
}

const toUser = ({ password: _password, _hashed_password, ...fields }: ParseRow): FactorUser =>
  parseGlobal().User.fromJSON({ className: '_User', ...fields });

/**
 * The stored row of the user whose session asks.
 *
 * @throws FactorError `session_required` when there is none
 */
export async function fetchUser(config: HookConfig, objectId: string): Promise<FactorUser> {
  const user = await findUser(config, objectId);
  if (user === undefined) throw new FactorError('session_required');
  return user;
}

/** What stands in a user's `authData`, by provider; what was never confirmed is left out. */
export const authDataOf = (user: { get(field: string): unknown }): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(asObject(user.get('authData')) ?? {}).filter(([, record]) => !isUnconfirmed(record)));

/** A query for a record as it was read, or for none: its seal, or the fields that stand there in clear. */
export function asStored(key: string, record: unknown): Record<string, unknown> {
  const { sealed, ...others } = asObject(record) ?? {};
  const clear = typeof sealed === 'string' ? [] : Object.entries(others);
  const fields = clear.filter(([name, value]) => typeof value === 'string' && /^[A-Za-z]\w*$/.test(name));
  const query = [['sealed', typeof sealed === 'string' ? sealed : null] as const, ...fields];
  return Object.fromEntries(query.map(([name, value]) => [`authData.${key}.${name}`, value]));
}

/**
 * Puts a record in the place of another, or of none, in one statement; false when another stood
 * there. It takes part in the transaction of a batch, which may hold the user's row.
 */
export async function replaceRecord(
  { database }: HookConfig,
  { userId, key }: { readonly userId: string; readonly key: string },
  current: unknown,
  record: EnrolmentRecord,
): Promise<boolean> {
  try {
    const query = { objectId: userId, ...asStored(key, current) };
    await database.update('_User', query, { authData: { [key]: record } }, {});
    return true;
  } catch (cause) {
    if (asObject(cause)?.['code'] === OBJECT_NOT_FOUND) return false;
    throw new FactorError('unavailable', { cause });
  }
}

/** Writes records of a user, whatever stands there. */
export async function writeRecords(
  { database }: HookConfig,
  userId: string,
  records: Readonly<Record<string, EnrolmentRecord>>,
): Promise<void> {
  await database.update('_User', { objectId: userId }, { authData: records }, {});
}

/** Whether Parse Server, on Postgres, empties all of `authData` when it removes one provider: before 9.3 it does. */
export function emptiesAuthData({ version }: HookConfig): boolean {
  const [major = 9, minor = 3] = (version ?? '').split('.', 2).filter(Boolean).map(Number);
  return major < 9 || (major === 9 && minor < 3);
}

/**
 * Removes what stands in a user's `authData` under these keys, whatever it is, and nothing else.
 *
 * @throws FactorError `unavailable` when others keep changing what is to stay
 */
export async function removeProviders(config: HookConfig, userId: string, keys: readonly string[]): Promise<void> {
  const { database } = config;
  const removed = Object.fromEntries(keys.map((key) => [key, null]));
  if (!emptiesAuthData(config)) return void (await database.update('_User', { objectId: userId }, { authData: removed }, {}));
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const stored = authDataOf(await fetchUser(config, userId));
    if (!keys.some((key) => (stored[key] ?? undefined) !== undefined)) return;
    // What is to stay is written again by the same statement, as long as nobody has changed it, or added to it.
    const kept = Object.entries(stored).filter(([key, value]) => value !== null && !keys.includes(key));
    const authData = { ...removed, ...Object.fromEntries(kept) };
    try {
      return void (await database.update('_User', { objectId: userId, ...asRead(config, stored, keys) }, { authData }, {}));
    } catch (cause) {
      if (asObject(cause)?.['code'] !== OBJECT_NOT_FOUND) throw new FactorError('unavailable', { cause });
    }
  }
  throw new FactorError('unavailable');
}

/**
 * Puts records in the place of another one, in one statement; false when that was changed meanwhile, or when
 * something stands in their place.
 *
 * @param user the row as it was read
 */
export async function exchangeRecord(
  config: HookConfig,
  user: FactorUser,
  key: string,
  records: Readonly<Record<string, EnrolmentRecord>>,
): Promise<boolean> {
  const stored = asObject(user.get('authData')) ?? {};
  const isEmptied = emptiesAuthData(config);
  const kept = Object.entries(stored).filter(([provider, value]) => isEmptied && value !== null && provider !== key);
  const free = Object.keys(records).map((target) => asStored(target, undefined));
  const others = isEmptied ? asRead(config, stored, [key]) : {};
  const query = Object.assign({ objectId: user.id, ...others }, asStored(key, stored[key]), ...free);
  try {
    await config.database.update('_User', query, { authData: { ...Object.fromEntries(kept), [key]: null, ...records } }, {});
    return true;
  } catch (cause) {
    if (asObject(cause)?.['code'] === OBJECT_NOT_FOUND) return false;
    throw new FactorError('unavailable', { cause });
  }
}

/** A query for what was read of all providers but these: their seals and ids, or that there are none. */
function asRead({ auth = {} }: HookConfig, stored: Readonly<Record<string, unknown>>, but: readonly string[]): object {
  const providers = new Set([...Object.keys(auth), ...Object.keys(stored), 'anonymous']);
  const query: Record<string, unknown> = {};
  for (const provider of providers) {
    if (but.includes(provider)) continue;
    for (const field of ['sealed', 'id']) {
      const value = asObject(stored[provider])?.[field];
      query[`authData.${provider}.${field}`] = typeof value === 'string' ? value : null;
    }
  }
  return query;
}

/** Ends the user's sessions but for one; gives how many. Other servers may know them for as long as their caches do. */
export async function revokeSessions(config: HookConfig, userId: string, keep: string | undefined): Promise<number> {
  const others = { user: pointerTo(userId), ...(keep === undefined ? {} : { sessionToken: { $ne: keep } }) };
  let [ended, isSettled] = [0, true];
  // Requests that are under way may open further ones meanwhile: where there was any, it is looked once more after a while.
  for (let round = 0; round < MAX_SWEEPS; round += 1) {
    const sessions = await config.database.find('_Session', others, {});
    if (sessions.length === 0) {
      if (isSettled) break;
      isSettled = true;
      await setTimeout(SETTLE_MS);
      continue;
    }
    isSettled = false;
    ended += sessions.length;
    await config.database.destroy('_Session', others).catch((cause: unknown) => {
      if (asObject(cause)?.['code'] !== OBJECT_NOT_FOUND) throw cause;
    });
    for (const { sessionToken } of sessions) await config.cacheController.user.del(String(sessionToken));
  }
  return ended;
}

/**
 * Whether the user has no password, and no provider but these, or is one that Parse Server calls
 * anonymous: nothing but a random id.
 */
export async function hasOnly(config: HookConfig, user: FactorUser, keys: readonly string[]): Promise<boolean> {
  const providers = Object.keys(authDataOf(user)).filter((key) => authDataOf(user)[key] !== null);
  const isAnonymous = providers.length === 1 && providers[0] === 'anonymous';
  if (!isAnonymous && (providers.length === 0 || !providers.every((key) => keys.includes(key)))) return false;
  return !(await hasPassword(config, user.id));
}

/** Whether the user has a password; so has one who is gone. */
export async function hasPassword({ database }: HookConfig, objectId: string): Promise<boolean> {
  const [row] = await database.find('_User', { objectId }, { limit: 1 });
  return row === undefined || row['password'] !== undefined || row['_hashed_password'] !== undefined;
}

/** The names of a user's roles, inherited ones included; kept where Parse Server keeps them. */
export async function roleNames(config: HookConfig, userId: string): Promise<readonly string[]> {
  const { role: cache } = config.cacheController;
  const cached: unknown = await cache.get(userId);
  if (Array.isArray(cached)) return cached.map((name) => String(name).replace(/^role:/, ''));
  const names = new Map<string, string>();
  let found = await config.database.find('_Role', { users: pointerTo(userId) }, {});
  while (found.length > 0) {
    const added = found.filter(({ objectId }) => !names.has(String(objectId)));
    for (const { objectId, name } of added) names.set(String(objectId), String(name));
    // A role has the members of the roles that it contains.
    const contained = added.map(({ objectId }) => pointerTo(String(objectId), '_Role'));
    found = contained.length === 0 ? [] : await config.database.find('_Role', { roles: { $in: contained } }, {});
  }
  const roles = [...new Set(names.values())];
  await cache.put(
    userId,
    roles.map((name) => `role:${name}`),
  );
  return roles;
}
