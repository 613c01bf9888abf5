import type { FactorUser } from './factor.js';

/** How an authenticator names a user's account where the application does not say: by his `username`, `email` or id. */
export function accountName(user: FactorUser): string {
  const names = [user.get('username'), user.get('email'), user.id];
  return String(names.find((name) => typeof name === 'string' && name !== ''));
}
