import { findRows } from '../database/find-rows.js';
import type { HookConfig } from '../parse-types.js';
import { pointerTo } from './pointer.js';

/** Returns the names of a user's roles, inherited ones included. It uses Parse Server's own role cache. */
export async function roleNames(config: HookConfig, userId: string): Promise<readonly string[]> {
  const { role: cache } = config.cacheController;
  const cached: unknown = await cache.get(userId);
  if (Array.isArray(cached)) return cached.map((name) => String(name).replace(/^role:/, ''));
  const names = new Map<string, string>();
  let found = await findRows(config.database, '_Role', { users: pointerTo(userId) }, {});
  while (found.length > 0) {
    const added = found.filter(({ objectId }) => !names.has(String(objectId)));
    for (const { objectId, name } of added) names.set(String(objectId), String(name));
    // A role inherits the members of the roles that it contains.
    const contained = added.map(({ objectId }) => pointerTo(String(objectId), '_Role'));
    found = contained.length === 0 ? [] : await findRows(config.database, '_Role', { roles: { $in: contained } }, {});
  }
  const roles = [...new Set(names.values())];
  await cache.put(
    userId,
    roles.map((name) => `role:${name}`),
  );
  return roles;
}
