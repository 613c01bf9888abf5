import type { HookConfig } from './parse-types.js';

/** Whether Parse Server, on Postgres, empties all of `authData` when it removes one provider. Versions before 9.3 do. */

export function emptiesAuthData({ version }: HookConfig): boolean {
  const [major = 9, minor = 3] = (version ?? '').split('.', 2).filter(Boolean).map(Number);
  return major < 9 || (major === 9 && minor < 3);
}
