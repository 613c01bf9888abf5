import { setTimeout } from 'node:timers/promises';
import { type EnrolmentRecord, isUnconfirmed } from '../account/enrolment-record.js';
import { FactorError } from '../error/factor-error.js';
import type { FactorUser } from '../factor/context.js';
import { asObject } from '../validation/json-object.js';
import type { ParseRow } from './database/parse-table.js';
import { noteWritten } from './login-trace.js';
import { type HookConfig, parseGlobal } from './parse-types.js';

const OBJECT_NOT_FOUND = 101;
const MAX_SWEEPS = 40;
/** How long a request may take from reading its session to putting it into the cache. */
const SETTLE_MS = 250;

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
  config: HookConfig,
  { userId, key }: { readonly userId: string; readonly key: string },
  current: unknown,
  record: EnrolmentRecord,
): Promise<boolean> {
  try {
    const query = { objectId: userId, ...asStored(key, current) };
    await config.database.update('_User', query, { authData: { [key]: record } }, {});
    noteWritten(config, userId, { [key]: record });
    return true;
  } catch (cause) {
    if (isNotFound(cause)) return false;
    throw new FactorError('unavailable', { cause });
  }
}

/** Whether Parse Server, on Postgres, empties all of `authData` when it removes one provider: before 9.3 it does. */
export function emptiesAuthData({ version }: HookConfig): boolean {
  const [major = 9, minor = 3] = (version ?? '').split('.', 2).filter(Boolean).map(Number);
  return major < 9 || (major === 9 && minor < 3);
}

/** A query for what was read of these providers, as {@link asStored} gives it. */
export const conditionsOf = (stored: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> =>
  Object.assign({}, ...keys.map((key) => asStored(key, stored[key])));

/** A query for the seals and ids of these providers as they were read, or for their absence. */
export function identitiesOf(stored: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  const fields = keys.flatMap((key) => ['sealed', 'id'].map((field) => [key, field, asObject(stored[key])?.[field]] as const));
  return Object.fromEntries(
    fields.map(([key, field, value]) => [`authData.${key}.${field}`, typeof value === 'string' ? value : null]),
  );
}

/** Whether Parse Server says that no row matched. */
export const isNotFound = (fault: unknown): boolean => asObject(fault)?.['code'] === OBJECT_NOT_FOUND;

/**
 * Ends the user's sessions but for one; gives how many. Other servers may know them for as long as their caches do.
 *
 * A login under way looks by itself at what has changed, and so does a request that copies a session. A request that has
 * read a session that ends here may put it into the cache afterwards: so the cache is emptied once more after a while.
 */
export async function revokeSessions(config: HookConfig, userId: string, keep: string | undefined): Promise<number> {
  const others = { user: pointerTo(userId), ...(keep === undefined ? {} : { sessionToken: { $ne: keep } }) };
  const ended = new Set<string>();
  let isSettled = true;
  for (let round = 0; round < MAX_SWEEPS; round += 1) {
    const sessions = await config.database.find('_Session', others, {});
    if (sessions.length === 0 && isSettled) break;
    isSettled = sessions.length === 0;
    if (isSettled) await setTimeout(SETTLE_MS);
    else
      await destroySessions(
        config,
        sessions.map(({ sessionToken }) => String(sessionToken)),
        ended,
      );
    // A request that had read a session before it ended may have put it into the cache since.
    for (const token of ended) await config.cacheController.user.del(token);
  }
  return ended.size;
}

/** Ends these and no others, so that each that ends is known, and leaves the cache too. */
async function destroySessions(config: HookConfig, tokens: readonly string[], ended: Set<string>): Promise<void> {
  await config.database.destroy('_Session', { sessionToken: { $in: tokens } }).catch((cause: unknown) => {
    if (!isNotFound(cause)) throw cause;
  });
  for (const token of tokens) ended.add(token);
}

/** Ends one session. */
export async function endSession(config: HookConfig, sessionToken: string): Promise<void> {
  await config.database.destroy('_Session', { sessionToken }).catch((cause: unknown) => {
    if (!isNotFound(cause)) throw cause;
  });
  await config.cacheController.user.del(sessionToken);
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
