import { FactorError } from '../../error/factor-error.js';
import { asObject } from '../../validation/json-object.js';
import { loadedModules } from '../loaded-modules.js';
import type { HookConfig } from '../parse-types.js';

/** The part of Parse Server's module `lib/rest` that is used here. */
interface RestModule {
  update(config: HookConfig, auth: object, className: string, where: object, update: object): Promise<unknown>;
}

/** The part of Parse Server's module `lib/Auth` that is used here. */
interface AuthModule {
  master(config: HookConfig): object;
}

/**
 * Changes a user as the master key does, within the request: Parse Server's own checks and the application's triggers run.
 *
 * @throws FactorError `unavailable` in a bundle, where Parse Server's modules cannot be found
 * @throws Parse.Error of the server's checks and of triggers
 */
export async function updateUser(config: HookConfig, objectId: string, update: object): Promise<void> {
  const found = modules();
  if (found === undefined) throw new FactorError('unavailable');
  const { rest, auth } = found;
  await rest.update(config, auth.master(config), '_User', { objectId }, update);
}

/** Returns the authentication of the master key, as Parse Server's modules take it. @throws FactorError `unavailable` */
export function masterAuth(config: HookConfig): object {
  const found = modules();
  if (found === undefined) throw new FactorError('unavailable');
  return found.auth.master(config);
}

/** Whether {@link updateUser} finds what it needs. It does not in a bundle. */
export const canUpdateUser = (): boolean => modules() !== undefined;

/** An application may have modules of the same shape, so the path counts as well. */
function modules(): { readonly rest: RestModule; readonly auth: AuthModule } | undefined {
  const [rest] = loadedModules(isRest, /[\\/]parse-server[\\/]lib[\\/]rest\.js$/);
  const [auth] = loadedModules(isAuth, /[\\/]parse-server[\\/]lib[\\/]Auth\.js$/);
  return rest === undefined || auth === undefined ? undefined : { rest, auth };
}

/** Ends the lock-out after wrong passwords, where the server's option `unlockOnPasswordReset` says so. */
export async function endLockout({ accountLockout, database }: HookConfig, objectId: string): Promise<void> {
  if (accountLockout?.unlockOnPasswordReset !== true) return;
  const gone = { __op: 'Delete' };
  await database.update('_User', { objectId }, { _failed_login_count: gone, _account_lockout_expires_at: gone }, {});
}

const isRest = (exported: unknown): exported is RestModule => typeof asObject(exported)?.['update'] === 'function';

const isAuth = (exported: unknown): exported is AuthModule => typeof asObject(exported)?.['master'] === 'function';
