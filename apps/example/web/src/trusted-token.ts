import { FactorClientError } from '@parse-factors/client';
import { client, type Login } from './parse-app.js';

/** The token that this browser holds for a user. Scripts of this page can read it, as they can the session's. */
const keyOf = (username: string): string => `trusted-device:${username.toLowerCase()}`;

const keep = (username: string, token: string): void => localStorage.setItem(keyOf(username), token);

/** Logs in with the password and, where this device is trusted, with its token, which the server renews each time. */
export async function logInOnDevice(username: string, password: string): Promise<Login> {
  const token = localStorage.getItem(keyOf(username));
  if (token === null) return client.logIn(username, password);
  try {
    const result = await client.logIn(username, password, { device: { token } });
    const next = result.status === 'session' ? result.replies['device']?.['token'] : undefined;
    if (next !== undefined) keep(username, next);
    return result;
  } catch (fault) {
    if (!(fault instanceof FactorClientError) || fault.slug === 'unavailable') throw fault;
    // The trust has ended: other factors are asked for again.
    localStorage.removeItem(keyOf(username));
    return client.logIn(username, password);
  }
}

/** Has the server trust this browser, right after a login with a factor. */
export async function trustThisDevice(username: string): Promise<void> {
  keep(username, await client.trustDevice(browserName()));
}

const BROWSERS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/Edg\//, 'Edge'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Mac OS/, 'macOS'],
  [/Windows/, 'Windows'],
  [/Linux/, 'Linux'],
];

/** Such as "Firefox on Windows": for a person to tell his devices apart by. */
export function browserName(agent: string = navigator.userAgent): string {
  const find = (names: typeof BROWSERS): string | undefined => names.find(([pattern]) => pattern.test(agent))?.[1];
  return [find(BROWSERS) ?? 'Browser', find(SYSTEMS)].filter(Boolean).join(' on ');
}
