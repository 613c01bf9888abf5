import { createHash } from 'node:crypto';

/**
 * Returns the store's name for one thing: a digest, so that the store holds no user ids or addresses. Different lists
 * of parts never collide: `[a, bc]` is not `[ab, c]`. The digest has no key, so that limits and marks survive a key
 * rotation. Addresses must go in as keyed digests.
 */
export const subjectOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
