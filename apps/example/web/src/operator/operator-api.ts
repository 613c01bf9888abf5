import type { Reply } from '@parse-factors/client';
import type { ShownEvent } from '../security/event-list.js';

/** A user as the operator's page shows them. */
export interface ShownUser {
  readonly objectId: string;
  readonly username: string;
  readonly createdAt: string;
}

/** A code that lets a user sign in once without their second factors. */
export interface HelpCode {
  readonly code: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** What an operator can do with the master key. */
export interface OperatorApi {
  /** Rejects when the server does not accept the master key. */
  assertKey(): Promise<unknown>;
  /** The newest users, or the newest whose user names begin with `name`. */
  users(name: string): Promise<readonly ShownUser[]>;
  /** The status of each factor of the user. */
  factors(userId: string): Promise<Readonly<Record<string, Reply>>>;
  /** Removes one factor, or all second factors. Resolves to the keys of the removed factors. */
  reset(userId: string, factor?: string): Promise<readonly string[]>;
  /** Removes locks after wrong answers. Resolves to the keys of the unlocked factors. */
  unlock(userId: string): Promise<readonly string[]>;
  /** Ends the trust in all devices of the user. */
  revokeDevices(userId: string): Promise<readonly string[]>;
  /** Issues a help code, which is shown once. It is valid until `expiresAt`. */
  helpCode(userId: string): Promise<HelpCode>;
  /** The latest events of one user, or of all users. */
  events(userId?: string): Promise<readonly ShownEvent[]>;
}

const SHOWN = 20;

const REFUSED =
  'The server refused this master key. The server printed its master key when it started. It accepts the key only from its own machine (masterKeyIps).';

/** @param masterKey stays in memory until the page is closed */
export function operatorApi(masterKey: string): OperatorApi {
  const send = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`/parse/${path}`, {
      method,
      headers: { 'X-Parse-Application-Id': 'example', 'X-Parse-Master-Key': masterKey, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const reply = (await response.json().catch(() => ({}))) as { readonly error?: string };
    if (response.status === 403) throw new Error(REFUSED);
    if (!response.ok) throw new Error(reply.error ?? `The server answered ${response.status}.`);
    return reply;
  };
  const find = async <Row>(path: string, where: object, order: string): Promise<readonly Row[]> => {
    const query = new URLSearchParams({ where: JSON.stringify(where), order, limit: String(SHOWN) });
    return ((await send('GET', `${path}?${query}`)) as { readonly results: readonly Row[] }).results;
  };
  const call = async <Result>(name: string, params: object): Promise<Result> =>
    ((await send('POST', `functions/${name}`, params)) as { readonly result: Result }).result;
  return {
    assertKey: () => send('GET', 'serverInfo'),
    users: (name) =>
      find(
        'users',
        name === '' ? {} : { username: { $regex: `^${name.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}` } },
        '-createdAt',
      ),
    factors: (userId) => call('factorsList', { userId }),
    reset: (userId, factor) => call('factorsReset', { userId, ...(factor !== undefined && { factor }) }),
    unlock: (userId) => call('factorsUnlock', { userId }),
    revokeDevices: (userId) => call('factorsRevokeDevices', { userId }),
    helpCode: (userId) => call('factorsHelpCode', { userId }),
    async events(userId) {
      const rows = await find<ShownEvent & { readonly objectId: string }>(
        'classes/FactorEvent',
        userId === undefined ? {} : { userId },
        '-at,-createdAt',
      );
      return rows.map(({ objectId, ...event }) => ({ ...event, id: objectId }));
    },
  };
}
