import { createHash } from 'node:crypto';

/**
 * The store's name for one thing: a digest of what it is about, so that neither user ids nor
 * addresses stand in the store, and `[a, bc]` is never `[ab, c]`. Not keyed, so that limits and
 * marks survive a rotation of keys; an address goes in as a keyed digest.
 */
export const subjectOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
