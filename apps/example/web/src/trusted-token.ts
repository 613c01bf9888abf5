import { FactorClientError } from '@parse-factors/client';
import { client, type Login } from './parse-app.js';

/** The `localStorage` key of a user's device token. Scripts on this page can read the token, as they can the session token. */
const keyOf = (username: string): string => `trusted-device:${username.toLowerCase()}`;

const storeToken = (username: string, token: string): void => localStorage.setItem(keyOf(username), token);

/** Logs in with the password, and with the device token if this device is trusted. The server replaces the token each time. */
export async function logInOnDevice(username: string, password: string): Promise<Login> {
  const token = localStorage.getItem(keyOf(username));
  if (token === null) return client.logIn(username, password);
  try {
    const result = await client.logIn(username, password, { device: { token } });
    const next = result.status === 'session' ? result.replies['device']?.['token'] : undefined;
    if (next !== undefined) storeToken(username, next);
    return result;
  } catch (fault) {
    if (!(fault instanceof FactorClientError) || fault.slug === 'unavailable') throw fault;
    // The server no longer trusts this device. Log in without the token; the server then asks for a factor.
    localStorage.removeItem(keyOf(username));
    return client.logIn(username, password);
  }
}

/** Asks the server to trust this browser. This works right after a login with a second factor. */
export async function trustThisDevice(username: string): Promise<void> {
  storeToken(username, await client.trustDevice(browserName()));
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

/** A name such as "Firefox on Windows", by which users recognise their devices. */
export function browserName(agent: string = navigator.userAgent): string {
  const find = (names: typeof BROWSERS): string | undefined => names.find(([pattern]) => pattern.test(agent))?.[1];
  return [find(BROWSERS) ?? 'Browser', find(SYSTEMS)].filter(Boolean).join(' on ');
}
