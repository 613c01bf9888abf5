import type { ParseDatabase } from './parse-database.js';
import { isInTransaction } from './parse-table.js';

/**
 * Adds Boolean fields to the class `_User` if it does not have them. Without this, a trigger that sets one of them adds it in the
 * name of the client, who may have no permission to add fields.
 *
 * It does nothing inside a transaction: a change of the table would wait for the transaction's own lock.
 */
export async function ensureFlags(database: ParseDatabase, names: readonly string[]): Promise<void> {
  if (names.length === 0 || isInTransaction(database)) return;
  const schema = await database.loadSchema();
  const { fields } = await schema.getOneSchema('_User', true);
  for (const name of names) if (!Object.hasOwn(fields, name)) await schema.enforceFieldExists('_User', name, { type: 'Boolean' });
}
