import type { AccountState, SessionOpening } from '../../account/ports.js';
import type { StoredRecords } from '../../account/records/record-plan.js';
import { asObject } from '../../validation/json-object.js';
import type { ParseRow } from '../database/parse-database.js';
import { isInTransaction } from '../database/parse-table.js';
import { type HookConfig, parseGlobal } from '../parse-types.js';
import { findAccount } from '../server/user-rows.js';

/**
 * The field of `_Session` that holds what is kept with a session, sealed. Parse Server deletes it with the session. No client
 * can write it, not even with the master key.
 */
export const KEPT_FIELD = 'factorMethods';

/** How long a login's check is kept, in milliseconds, when Parse Server uses one database controller for all requests. */
const LOGIN_MS = 60_000;

/** What logins of one HTTP request have armed for the sessions that they open. */
export class SessionChecks {
  readonly #openings = new Map<string, { readonly opening: SessionOpening; readonly until: number }[]>();
  readonly #created = new Set<string>();
  readonly #written = new Map<string, StoredRecords>();

  /** Handles the user's next sessions: those that logins of this request open. */
  arm(config: HookConfig, userId: string, opening: SessionOpening): void {
    const isShared = (config.database.options ?? config) !== config;
    const until = isShared ? Date.now() + LOGIN_MS : Infinity;
    const before = isShared ? [] : (this.#openings.get(userId) ?? []);
    this.#openings.set(userId, [...before, { opening, until }]);
  }

  /** Notes that this request has created the user. What was armed for a user without an id is for them as well. */
  created(userId: string, providers: unknown): void {
    this.#created.add(userId);
    this.wrote(userId, providers);
  }

  /** Notes what this request writes of a user's providers. */
  wrote(userId: string, providers: unknown): void {
    this.#written.set(userId, { ...this.#written.get(userId), ...asObject(providers) });
  }

  /** Stores a session with what is kept with it, and checks it. However many checks read the account, it is read once. */
  async store(config: HookConfig, row: ParseRow, store: (row: ParseRow) => Promise<unknown>): Promise<unknown> {
    const kept = this.#kept(row);
    const { [KEPT_FIELD]: _sent, ...others } = row; // a client may send any field with a session that it copies
    const isKept = kept.length > 0 && (await hasKeptField(config));
    const stored = await store(isKept ? { ...others, [KEPT_FIELD]: kept } : others);
    const { userId, token } = sessionIn(row);
    let read: Promise<AccountState | undefined> | undefined;
    const account = (): Promise<AccountState | undefined> => (read ??= findAccount(config, userId));
    const openings = this.#of(userId);
    for (const { check } of openings) await check?.({ userId, token, account });
    for (const { opened } of onePerSet(openings)) await opened({ userId, token, account });
    return stored;
  }

  /** Returns what to keep with a session. */
  #kept(row: ParseRow): readonly string[] {
    const { action, authProvider } = asObject(row['createdWith']) ?? {};
    const isOpened = action === 'login' || action === 'signup';
    const openedWith = isOpened && typeof authProvider === 'string' ? authProvider.split(',') : [];
    const { userId, token } = sessionIn(row);
    const session = { userId, token, openedWith, written: this.#written.get(userId) ?? {} };
    return [...onePerSet(this.#of(session.userId))].map(({ keep }) => keep(session));
  }

  #of(userId: string): readonly SessionOpening[] {
    const armed = [userId, ...(this.#created.has(userId) ? [''] : [])].flatMap((id) => this.#openings.get(id) ?? []);
    return armed.filter(({ until }) => Date.now() < until).map(({ opening }) => opening);
  }
}

/** Each session is of one login. What the logins of a request verified is noted together, so any of them can tell. */
const onePerSet = (openings: readonly SessionOpening[]): Iterable<SessionOpening> =>
  new Map(openings.map((opening) => [opening.set, opening])).values();

/**
 * Adds the field to the class, unless it is there, which costs a statement only the first time. Returns false if it has another
 * type: a client of an earlier version could have added it. Then nothing is kept, and the self-check says so.
 */
export async function hasKeptField({ database }: Pick<HookConfig, 'database'>): Promise<boolean> {
  if (isInTransaction(database)) return isFieldKnown(database);
  try {
    await database.validateObject('_Session', { [KEPT_FIELD]: [] }, {}, {});
    return true;
  } catch (fault) {
    if (asObject(fault)?.['code'] === INCORRECT_TYPE) return false;
    throw fault;
  }
}

/**
 * Whether this server knows the field. Adding one locks the whole class, on a connection of its own. It would wait for the
 * transaction of the request for ever, and all requests with a session would wait for it.
 */
async function isFieldKnown(database: HookConfig['database']): Promise<boolean> {
  const { fields } = await (await database.loadSchema()).getOneSchema('_Session', true);
  return asObject(fields[KEPT_FIELD])?.['type'] === 'Array';
}

/** Refuses an update of what is kept with a session. @throws Parse.Error 105 */
export function assertUnkept(update: ParseRow): void {
  if (Object.keys(update).every((field) => field.split('.')[0] !== KEPT_FIELD)) return;
  throw new (parseGlobal().Error)(INVALID_KEY_NAME, `Invalid key name: ${KEPT_FIELD}`);
}

const INVALID_KEY_NAME = 105;
const INCORRECT_TYPE = 111;

const sessionIn = (row: ParseRow): { readonly userId: string; readonly token: string } => ({
  userId: String(asObject(row['user'])?.['objectId']),
  token: String(row['sessionToken']),
});
