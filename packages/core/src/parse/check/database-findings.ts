import type { Bridge } from '../bridge.js';
import { readPreferenceOf } from '../database/mongo-state.js';
import { ParseOtpStore } from '../database/parse-otp-store.js';
import type { ServerConfig } from '../server/running-server.js';
import type { Finding } from './finding.js';

/** Finds settings of the database that weaken or slow down the factors. */
export const databaseFindings = (bridge: Bridge, server: ServerConfig): readonly Finding[] => [
  ...storage(bridge, server),
  ...secondaries(server),
];

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
