import { isUnconfirmed } from '../../account/records/enrolment-record.js';
import type { AccountState } from '../../account/ports.js';
import { FactorError } from '../../error/factor-error.js';
import type { FactorUser } from '../../factor/context.js';
import { asObject } from '../../validation/json-object.js';
import { findRows } from '../database/find-rows.js';
import type { ParseRow } from '../database/parse-database.js';
import { type HookConfig, parseGlobal } from '../parse-types.js';

/** A row of a user, as a hook, a trigger or the database provides it. */
export interface UserObject {
  readonly id?: string | undefined;
  get(field: string): unknown;
}

/**
 * Returns the account of a user object.
 *
 * @throws FactorError `session_required` for an object without an id
 */
export function accountOf(object: UserObject | undefined): AccountState {
  if (object?.id === undefined) throw new FactorError('session_required');
  const user = object as FactorUser;
  const entries = Object.entries(asObject(user.get('authData')) ?? {});
  const stored = Object.fromEntries(entries.filter(([, record]) => !isUnconfirmed(record)));
  const unconfirmed = entries.filter(([, record]) => isUnconfirmed(record)).map(([key]) => key);
  return { id: user.id, user, stored, unconfirmed };
}

/** Returns the account of a stored row, without the password's hash. */
export const toAccount = ({ password: _password, _hashed_password, ...fields }: ParseRow): AccountState =>
  accountOf(parseGlobal().User.fromJSON({ className: '_User', ...fields }));

/** Returns up to `limit` accounts that match, with their whole stored rows. They are read with full access. */
export async function findAccounts({ database }: HookConfig, query: ParseRow, limit: number): Promise<readonly AccountState[]> {
  return (await findRows(database, '_User', query, { limit })).map(toAccount);
}

/** Returns the account of a user; undefined when there is none. */
export async function findAccount(config: HookConfig, userId: string): Promise<AccountState | undefined> {
  return (await findAccounts(config, { objectId: userId }, 1))[0];
}

/**
 * Returns the account of a user.
 *
 * @throws FactorError `session_required` when there is none
 */
export async function getAccount(config: HookConfig, userId: string): Promise<AccountState> {
  const account = await findAccount(config, userId);
  if (account === undefined) throw new FactorError('session_required');
  return account;
}
