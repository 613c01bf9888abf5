import { randomUUID } from 'node:crypto';
import type { AccountState } from '../../account/ports.js';
import { FactorError } from '../../error/factor-error.js';
import { asObject } from '../../validation/json-object.js';
import { loadedModules } from '../loaded-modules.js';
import type { HookConfig } from '../parse-types.js';
import { masterAuth } from './update-user.js';

const OBJECT_NOT_FOUND = 101;
const AUTHENTICATE = '_authenticateUserFromRequest';

/** The part of Parse Server's module `lib/Routers/UsersRouter` that is used here. */
interface UsersModule {
  readonly UsersRouter: {
    readonly prototype: {
      /** Checks a name and a password, as a login does. It opens no session. */
      [AUTHENTICATE](request: object): Promise<{ readonly objectId?: unknown }>;
    };
  };
}

/**
 * Tells whether a password is the user's, by Parse Server's own check for logins. It counts wrong passwords for the account
 * lockout, and takes the same time for no user. The user must have an `email`.
 *
 * @param account undefined for no user
 * @throws FactorError `unavailable` in a bundle, where Parse Server's modules cannot be found
 */
export async function isPassword(config: HookConfig, account: AccountState | undefined, password: string): Promise<boolean> {
  const [users] = usersModules();
  if (users === undefined) throw new FactorError('unavailable');
  const [username, email] = ['username', 'email'].map((field): unknown => account?.user.get(field) ?? randomUUID());
  const body = { username, email, password, ignoreEmailVerification: true };
  const request = { config, auth: masterAuth(config), body, query: {}, info: {} };
  try {
    const { prototype } = users.UsersRouter;
    const found = await prototype[AUTHENTICATE].call(Object.create(prototype), request);
    return account !== undefined && found.objectId === account.id;
  } catch (fault) {
    if (asObject(fault)?.['code'] === OBJECT_NOT_FOUND) return false;
    throw fault;
  }
}

/** Whether {@link isPassword} finds what it needs. It does not in a bundle. */
export const canCheckPassword = (): boolean => usersModules().length > 0;

const usersModules = (): UsersModule[] => loadedModules(isUsers, /[\\/]parse-server[\\/]lib[\\/]Routers[\\/]UsersRouter\.js$/);

const isUsers = (exported: unknown): exported is UsersModule => {
  const router: unknown = asObject(exported)?.['UsersRouter'];
  return typeof router === 'function' && typeof asObject(router.prototype)?.[AUTHENTICATE] === 'function';
};
