import type { Runtime } from '../../account/runtime.js';
import { subjectOf } from '../../crypto/subject.js';
import { lookAt } from '../../flows/administration/reseal-records.js';
import type { ParseTable } from '../database/parse-table.js';
import type { HookConfig } from '../parse-types.js';
import { findAccounts } from '../server/user-rows.js';

/** Records of one factor that are looked at: those of before the change are the oldest. */
const SAMPLE = 100;

/** How an application id is noted: its digest, as a name like those of factors, which stand beside it. */
const nameOf = (appId: string): string =>
  `appId__${Buffer.from(subjectOf('application', appId), 'base64url').toString('hex').slice(0, 32)}`;

/** Whether a noted name is that of an application id, and not of a factor. */
export const isAppIdName = (name: string): boolean => /^appId__[0-9a-f]{32}$/.test(name);

/**
 * Whether factors were served under another application id before, for which something is still sealed that does not open.
 * Notes the present id. Users are looked at only where there was another.
 *
 * @param table where ids are noted
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
