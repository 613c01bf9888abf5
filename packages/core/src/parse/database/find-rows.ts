import type { ParseDatabase, ParseRow } from './parse-database.js';

/**
 * Reads rows with full access. On MongoDB the primary answers, even where the app reads from secondaries: these lag, and a
 * decision about a sign-in must see the last change.
 */
export const findRows = (
  database: ParseDatabase,
  className: string,
  query: ParseRow,
  options: {
    readonly limit?: number;
    readonly sort?: Readonly<Record<string, 1 | -1>>;
    /** Compares `username` and `email` in any case; false by default. */
    readonly caseInsensitive?: boolean;
  } = {},
): Promise<ParseRow[]> => database.find(className, query, { ...options, readPreference: 'PRIMARY' });
