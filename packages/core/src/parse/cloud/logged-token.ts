/** The user object of an `afterLogin` trigger. */
interface LoggedUser {
  toJSON?: () => unknown;
}

/**
 * Keeps a session token out of Parse Server's log (CWE-532). At the log level `info` it writes the object of every trigger,
 * which in `afterLogin` holds the token of the new session.
 *
 * @param object the object of the trigger; nothing happens without one
 * @returns functions that hide the token from `toJSON`, and show it again
 */
export function loggedToken(object: unknown): { readonly hide: () => void; readonly show: () => void } {
  const user = object as LoggedUser | undefined;
  const real = user?.toJSON;
  if (user === undefined || typeof real !== 'function') return { hide: () => undefined, show: () => undefined };
  const toJSON = (): object => {
    const { sessionToken: _, ...shown } = real.call(user) as Readonly<Record<string, unknown>>;
    return shown;
  };
  return {
    hide: () =>
      void Object.defineProperty(user, 'toJSON', { value: toJSON, configurable: true, writable: true, enumerable: false }),
    show: () => void Reflect.deleteProperty(user, 'toJSON'),
  };
}
