import type { PasswordVerdict } from '../account/password-check.js';
import type { AccountState } from '../account/ports.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { AccountSave } from './save-addresses.js';

const MAX_PASSWORD = 1024;

/**
 * Asks the option `passwordCheck` about the password that a save sets, if it sets one. Nothing is staged or used up before.
 *
 * @param account the user as stored; undefined at a sign-up
 * @throws FactorError `password_refused`; `invalid_input` for a password that is no string, or that has more than 1024 characters,
 *   and for a client in a transaction
 */
export async function checkPassword(save: AccountSave, account: AccountState | undefined): Promise<void> {
  const { runtime, server, client, userId, hasMasterKey, sent } = save;
  const { passwordCheck } = runtime;
  if (passwordCheck === undefined || !sent.hasPassword) return;
  // What is no string would not be checked as the password that Parse Server stores.
  if (sent.password === undefined) throw new FactorError('invalid_input', { sentence: 'Field "password" must be a string.' });
  // Some checks take long for long texts (denial of service), and Parse Server takes bodies of 20 MB.
  if (sent.password.length > MAX_PASSWORD)
    throw new FactorError('invalid_input', { sentence: `Field "password" must have at most ${MAX_PASSWORD} characters.` });
  // A client could hold a connection of the database for as long as the check takes.
  if (!hasMasterKey) server.assertNoTransaction();
  const { ip, headers, installationId } = client;
  const verdict: PasswordVerdict = await passwordCheck(sent.password, {
    user: account?.user,
    hasMasterKey,
    ip,
    headers,
    installationId,
  });
  if (verdict === true) return;
  const emit = emitter('', runtime, save, userId);
  // Unknown clients cause both events by sign-ups.
  if (verdict === 'unknown') return emit({ type: 'fault', reason: 'password_unchecked', isLogged: false });
  emit({ type: 'rejected', reason: 'password_refused', isLogged: false });
  throw new FactorError('password_refused');
}
