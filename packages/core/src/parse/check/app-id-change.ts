import type { Runtime } from '../../account/runtime.js';
import { subjectOf } from '../../crypto/subject.js';
import { lookAt } from '../../flows/administration/reseal-records.js';
import type { ParseTable } from '../database/parse-table.js';
import type { HookConfig } from '../parse-types.js';
import { findAccounts } from '../server/user-rows.js';

/** How many records of one factor are checked. Records from before a change of the id are the oldest. */
const SAMPLE = 100;

/** The row name of an application id: a digest in the form of a factor key, as both are stored in one class. */
const nameOf = (appId: string): string =>
  `appId__${Buffer.from(subjectOf('application', appId), 'base64url').toString('hex').slice(0, 32)}`;

/** Whether a stored name is that of an application id, and not of a factor. */
export const isAppIdName = (name: string): boolean => /^appId__[0-9a-f]{32}$/.test(name);

/**
 * Whether users have records that were sealed for another id of the application and do not open now. Checks a sample of each
 * factor, and stores the present id.
 *
 * Users are read only if there was another id.
 *
 * @param table the table of ids
 */
export async function hasLostAppId(runtime: Runtime, config: HookConfig, table: ParseTable): Promise<boolean> {
  const noted = (await table.list({ objectId: { $regex: '^appId__' } }, SAMPLE)).map(({ objectId }) => String(objectId));
  const own = nameOf(config.appId);
  if (!noted.includes(own)) await table.create({ objectId: own });
  const known = [own, ...runtime.formerAppIds.map(nameOf)];
  if (noted.every((name) => known.includes(name))) return false;
  for (const key of Object.keys(runtime.factors)) {
    const accounts = await findAccounts(config, { [`authData.${key}.sealed`]: { $regex: '.' } }, SAMPLE);
    const server = { appId: config.appId, providers: Object.keys(config.auth ?? {}) };
    const isLost = accounts.some(
      (account) => lookAt(runtime, server, { account, key, record: account.stored[key] })?.unreadable === 'mismatch',
    );
    if (isLost) return true;
  }
  return false;
}
