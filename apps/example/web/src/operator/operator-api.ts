import type { Reply } from '@parse-factors/client';
import type { ShownEvent } from '../security/event-list.js';

/** A user as an operator sees him. */
export interface ShownUser {
  readonly objectId: string;
  readonly username: string;
  readonly createdAt: string;
}

/** What an operator does, with the master key. */
export interface OperatorApi {
  /** Whether the key is the master key: rejects where it is not. */
  assertKey(): Promise<unknown>;
  /** The latest users, or those whose names begin so. */
  users(name: string): Promise<readonly ShownUser[]>;
  factors(userId: string): Promise<Readonly<Record<string, Reply>>>;
  /** Removes one factor, or all second factors. */
  reset(userId: string, factor?: string): Promise<readonly string[]>;
  unlock(userId: string): Promise<readonly string[]>;
  revokeDevices(userId: string): Promise<readonly string[]>;
  /** The latest events, of one user or of all. */
  events(userId?: string): Promise<readonly ShownEvent[]>;
}

const SHOWN = 20;

const REFUSED =
  'The server refused this master key. It printed the right one when it started, and takes it from its own machine only (masterKeyIps).';

/** @param masterKey kept in memory, for as long as the page is open */
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
