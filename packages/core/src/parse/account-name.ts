import { asObject } from '../validation/json-object.js';
import type { FactorUser } from '../factor/context.js';

/** The random `username` that Parse Server gives a user who chose none, such as one who signs up with a code. */
const RANDOM_NAME = /^[0-9A-Za-z]{25}$/;
/** An email address, or a number in E.164. The ids of social providers are neither. */
const ADDRESS = /^(?:[^@\s]+@[^@\s]+|\+[1-9][0-9]{6,14})$/;

/**
 * Returns the account name for an authenticator app, if the application sets none. It is the first of these that
 * exists: a chosen `username`, `email`, the address or number that the user signs in with, `phone`, a random
 * `username`, the user's id.
 */
export function accountName(user: FactorUser): string {
  const username: unknown = user.get('username');
  const isChosen = typeof username === 'string' && !RANDOM_NAME.test(username);
  const ids = Object.values(asObject(user.get('authData')) ?? {}).map((record) => asObject(record)?.['id']);
  const address = ids.find((id) => typeof id === 'string' && ADDRESS.test(id));
  const names = [isChosen ? username : undefined, user.get('email'), address, user.get('phone'), username, user.id];
  return String(names.find((name) => typeof name === 'string' && name !== ''));
}
