import { asObject } from '../validation/json-object.js';
import type { FactorUser } from './context.js';

/** What Parse Server names a user who has chosen no name, such as one who signs up by a code alone. */
const RANDOM_NAME = /^[0-9A-Za-z]{25}$/;
/** An e-mail address or a number in E.164; the ids of social providers are neither. */
const ADDRESS = /^(?:[^@\s]+@[^@\s]+|\+[1-9][0-9]{6,14})$/;

/**
 * How an authenticator names a user's account where the application does not say: by their `username`, unless Parse Server
 * has made it up; then by their `email`, the address or number that they sign in with, their `phone`, or at last that name
 * or their id.
 */
export function accountName(user: FactorUser): string {
  const username: unknown = user.get('username');
  const isChosen = typeof username === 'string' && !RANDOM_NAME.test(username);
  const ids = Object.values(asObject(user.get('authData')) ?? {}).map((record) => asObject(record)?.['id']);
  const address = ids.find((id) => typeof id === 'string' && ADDRESS.test(id));
  const names = [isChosen ? username : undefined, user.get('email'), address, user.get('phone'), username, user.id];
  return String(names.find((name) => typeof name === 'string' && name !== ''));
}
