import type { Runtime } from '../../account/runtime.js';
import type { HookConfig } from '../parse-types.js';
import type { Finding } from './finding.js';

/** How many records each key has sealed: by the factor's key, and the name of the key that seals. */
export type RecordsByKey = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Counts the records that each key has sealed. The database counts, so no record is loaded. */
export async function countRecords(
  { factors, recordKeyring }: Pick<Runtime, 'factors' | 'recordKeyring'>,
  { database }: HookConfig,
): Promise<RecordsByKey> {
  const count = (factor: string, name: string): Promise<number> => {
    // A key's name has letters, digits, "_" and "-", which a regular expression takes as they are.
    const sealed = { [`authData.${factor}.sealed`]: { $regex: `^1\\.${name}\\.` } };
    return database.find('_User', sealed, { count: true, readPreference: 'PRIMARY' });
  };
  const counts: [string, Readonly<Record<string, number>>][] = [];
  // One after the other: each count reads the whole class.
  for (const factor of Object.keys(factors)) {
    const byKey: [string, number][] = [];
    for (const name of recordKeyring.names) byKey.push([name, await count(factor, name)]);
    counts.push([factor, Object.fromEntries(byKey)]);
  }
  return Object.fromEntries(counts);
}

/** Finds older keys that still have records: they cannot be removed from `keys` yet. */
export function olderRecords({ recordKeyring }: Pick<Runtime, 'recordKeyring'>, records: RecordsByKey): readonly Finding[] {
  const older = recordKeyring.names.slice(1).flatMap((name) => {
    const sum = Object.values(records).reduce((total, byKey) => total + (byKey[name] ?? 0), 0);
    return sum > 0 ? [`${sum} under "${name}"`] : [];
  });
  if (older.length === 0) return [];
  const sentence = `Records are still sealed by older keys: ${older.join(', ')}. Without these keys, their users cannot log in. Run npx @parse-factors/core reseal with --apply, and an hour later remove the older keys from "keys".`;
  return [{ reason: 'records_of_older_keys', factor: '', sentence }];
}
