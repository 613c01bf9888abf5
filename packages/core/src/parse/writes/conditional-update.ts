import type { AccountState } from '../../account/ports.js';
import { changesOf, type RecordChanges, type RecordPlan, type StoredRecords } from '../../account/records/record-plan.js';
import { FactorError } from '../../error/factor-error.js';
import { asObject } from '../../validation/json-object.js';
import type { HookConfig } from '../parse-types.js';
import { noteWritten } from '../request-scope.js';
import { getAccount } from '../server/user-rows.js';
import { emptiesAuthData } from '../versions.js';
import { ungated } from './write-gate.js';

const OBJECT_NOT_FOUND = 101;

/** The limit of retries. Losing this many races for one row means that something else is wrong. */
const MAX_ROUNDS = 32;

/** One conditional statement: what must still be stored, and what to write. */
export interface RecordStatement {
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly changes: RecordChanges;
  /** The records that change, as they were read; null for none. */
  readonly before: StoredRecords;
  /** Records to write again unchanged, as Parse Server would remove them. */
  readonly kept: StoredRecords;
}

/** The user whose records are changed. */
export interface RecordsPlace {
  readonly config: HookConfig;
  readonly userId: string;
  /** The account as it was read; saves another read. */
  readonly account?: AccountState | undefined;
  /** Whether a session made the change, and no login. Logins of the same request then treat it as a change during the login. */
  readonly bySession?: boolean;
}

/**
 * Carries plans out in one atomic statement. If the records have changed since they were read, it reads the row again and
 * repeats the plans.
 *
 * @param write runs the statement; rejects with Parse's 101 when no row matches
 * @throws FactorError of a plan; `session_required` when the user is gone; `unavailable` when concurrent changes keep winning
 */
export async function carryOut<Result>(
  { config, userId, account: known, bySession }: RecordsPlace,
  plans: readonly RecordPlan[],
  write: (statement: RecordStatement) => Promise<Result>,
): Promise<Result> {
  let account = known ?? (await getAccount(config, userId));
  const basis = plans.flatMap((plan) => plan.basis ?? []);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const changes = changesOf(plans, account.stored);
    const statement = statementFor(config, account, { changes, basis });
    try {
      const result = await write(statement);
      if (bySession !== true) noteWritten(config, userId, changes);
      return result;
    } catch (fault) {
      if (!isNotFound(fault)) throw fault;
      account = await getAccount(config, userId);
      const { conditions } = statementFor(config, account, { changes, basis });
      // The records have not changed, so the row was refused for another reason, such as its ACL.
      if (JSON.stringify(conditions) === JSON.stringify(statement.conditions)) throw fault;
    }
  }
  throw new FactorError('unavailable');
}

/**
 * Carries one plan out immediately, outside of Parse Server's own writes.
 *
 * @returns the records that were changed
 * @throws FactorError of the plan; `session_required` when the user is gone; `unavailable`
 */
export async function commit(
  { config, account, bySession = false }: Pick<RecordsPlace, 'config' | 'bySession'> & { readonly account: AccountState },
  plan: RecordPlan,
): Promise<RecordChanges> {
  const { database } = config;
  const place = { config, userId: account.id, account, bySession };
  try {
    return await carryOut(place, [plan], async ({ conditions, changes, kept }) => {
      if (Object.keys(changes).length === 0) return changes;
      const query = { objectId: account.id, ...conditions };
      const authData = nullsFirst({ ...kept, ...changes });
      const write = ungated(database).update('_User', query, { authData }, {});
      await write.catch((cause: unknown) => {
        throw isNotFound(cause) ? cause : new FactorError('unavailable', { cause });
      });
      return changes;
    });
  } catch (fault) {
    throw isNotFound(fault) ? new FactorError('unavailable', { cause: fault }) : fault;
  }
}

/** Orders nulls first: where Parse Server empties all of `authData` for a null, the entries after it stay. */
export const nullsFirst = (authData: StoredRecords): StoredRecords =>
  Object.fromEntries(Object.entries(authData).toSorted(([, a], [, b]) => Number(b === null) - Number(a === null)));

function statementFor(
  config: HookConfig,
  { stored, user }: AccountState,
  { changes, basis }: { readonly changes: RecordChanges; readonly basis: readonly string[] },
): RecordStatement {
  const keys = [...new Set([...basis, ...Object.keys(changes)])];
  const isRemoving = Object.values(changes).includes(null);
  const all = asObject(user.get('authData')) ?? stored;
  const before = Object.fromEntries(Object.keys(changes).map((key) => [key, all[key] ?? null]));
  if (!isRemoving || !emptiesAuthData(config)) return { conditions: conditionsOf(all, keys), changes, before, kept: {} };
  // Parse Server empties all of `authData` here. Other entries are written again, on condition that they have not changed.
  const kept = Object.entries(all).filter(([key, value]) => value !== null && !Object.hasOwn(changes, key));
  const others = [...Object.keys(config.auth ?? {}), ...Object.keys(all), 'anonymous'].filter((key) => !keys.includes(key));
  const conditions = { ...identitiesOf(all, others), ...conditionsOf(all, keys) };
  return { conditions, changes, before, kept: Object.fromEntries(kept) };
}

/** Builds a query that matches a record as it was read, or its absence: by its seal, or by its unsealed text fields. */
function asStored(key: string, record: unknown): Record<string, unknown> {
  const { sealed, ...others } = asObject(record) ?? {};
  const clear = typeof sealed === 'string' ? [] : Object.entries(others);
  const fields = clear.filter(([name, value]) => typeof value === 'string' && /^[A-Za-z]\w*$/.test(name));
  // A record of another adapter has no seal, but an id.
  const noId = asObject(record) === undefined ? [['id', null] as const] : [];
  const query = [['sealed', typeof sealed === 'string' ? sealed : null] as const, ...noId, ...fields];
  return Object.fromEntries(query.map(([name, value]) => [`authData.${key}.${name}`, value]));
}

/** Builds a query that matches these providers as they were read; see {@link asStored}. */
const conditionsOf = (stored: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> =>
  Object.assign({}, ...keys.map((key) => asStored(key, stored[key])));

/** Builds a query that matches the seals and ids of these providers as they were read, or their absence. */
function identitiesOf(stored: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  const fields = keys.flatMap((key) => ['sealed', 'id'].map((field) => [key, field, asObject(stored[key])?.[field]] as const));
  return Object.fromEntries(
    fields.map(([key, field, value]) => [`authData.${key}.${field}`, typeof value === 'string' ? value : null]),
  );
}

/** Whether Parse Server reports that no row matched. */
export const isNotFound = (fault: unknown): boolean => asObject(fault)?.['code'] === OBJECT_NOT_FOUND;
