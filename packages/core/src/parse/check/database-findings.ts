import type { Bridge } from '../bridge.js';
import { mongoOf, readPreferenceOf } from '../database/mongo-state.js';
import { ParseOtpStore } from '../database/parse-otp-store.js';
import type { ServerConfig } from '../server/running-server.js';
import { hasKeptField, KEPT_FIELD } from '../writes/session-checks.js';
import type { Finding } from './finding.js';
import { mongoVersionFindings } from './version-findings.js';

/** Finds settings of the database that weaken or slow down the factors. */
export const databaseFindings = async (bridge: Bridge, server: ServerConfig): Promise<readonly Finding[]> => [
  ...storage(bridge, server),
  ...secondaries(server),
  ...(mongoOf(server.database.adapter) === undefined ? [] : mongoVersionFindings(server.version)),
  ...(await sessionField(server)),
];

/** Sessions then know no methods, so `requireFactor` refuses all of them. */
async function sessionField(server: ServerConfig): Promise<readonly Finding[]> {
  if (await hasKeptField(server)) return [];
  const sentence = `The class _Session has a field "${KEPT_FIELD}" of another type, so no session knows how it was opened. Delete the field in Parse Dashboard.`;
  return [{ reason: 'session_field_taken', factor: '', sentence }];
}

/** With a storage adapter of the app's own, the store cannot reach the database's driver. */
function storage(bridge: Bridge, server: ServerConfig): readonly Finding[] {
  const store = bridge.storeFor(server);
  if (!(store instanceof ParseOtpStore) || store.isNative) return [];
  const sentence =
    "databaseAdapter is not Parse Server's adapter for Postgres or MongoDB. Every step of the store then takes two or more statements. Use redisStore if that is too slow.";
  return [{ reason: 'database_adapter_unknown', factor: '', sentence }];
}

/** The store always reads from the primary. Parse Server itself does not, when it looks for the user of a login. */
function secondaries({ database }: ServerConfig): readonly Finding[] {
  const mode = readPreferenceOf(database.adapter);
  if (mode === undefined || mode === 'primary') return [];
  const sentence = `MongoDB's readPreference is "${mode}". Parse Server then reads users from a secondary, so a login can miss a factor that was just set up. Remove readPreference from databaseURI, and set it on single queries.`;
  return [{ reason: 'reads_from_secondaries', factor: '', sentence }];
}
