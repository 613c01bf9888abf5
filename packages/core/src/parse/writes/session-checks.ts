import type { AccountState, NewSession } from '../../account/ports.js';
import { asObject } from '../../validation/json-object.js';
import type { ParseRow } from '../database/parse-database.js';
import type { HookConfig } from '../parse-types.js';
import { findAccount } from '../server/user-rows.js';

/** Runs after a session was stored. If it throws, the login is refused. */
export type SessionCheck = (session: NewSession) => Promise<void>;

/** How long a login's check is kept, in milliseconds, when Parse Server uses one database controller for all requests. */
const LOGIN_MS = 60_000;

/** The checks that logins of one HTTP request have armed for the sessions that they open. */
export class SessionChecks {
  readonly #checks = new Map<string, { readonly check: SessionCheck; readonly until: number }[]>();

  /** Checks the user's next sessions: those that logins of this request open. */
  arm(config: HookConfig, userId: string, check: SessionCheck): void {
    const isShared = (config.database.options ?? config) !== config;
    const until = isShared ? Date.now() + LOGIN_MS : Infinity;
    const before = isShared ? [] : (this.#checks.get(userId) ?? []);
    this.#checks.set(userId, [...before, { check, until }]);
  }

  /** Runs the checks on a session that was stored. However many read the account, it is read once. */
  async run(config: HookConfig, row: ParseRow): Promise<void> {
    const userId = String(asObject(row['user'])?.['objectId']);
    let read: Promise<AccountState | undefined> | undefined;
    const account = (): Promise<AccountState | undefined> => (read ??= findAccount(config, userId));
    const session = { userId, token: String(row['sessionToken']), account };
    for (const { check, until } of this.#checks.get(userId) ?? []) if (Date.now() < until) await check(session);
  }
}
