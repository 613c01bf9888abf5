import { helpFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountRequest } from '../auth-request.js';

/**
 * Ends the user's help code, if there is one. It is for a user who has lost their factors, so it ends when the user verifies
 * one: an attacker may have asked for it. It also ends when the password or a factor changes.
 *
 * Costs a statement only when there is a code.
 */
export async function endHelpCode({ runtime, request, account }: Omit<AccountRequest, 'session'>): Promise<void> {
  const keys = storedAmong(account.stored, helpFactors(runtime));
  if (keys.length === 0) return;
  await request.server.accounts.commit(account, {
    decide: (stored) => Object.fromEntries(storedAmong(stored, keys).map((key) => [key, null])),
  });
}
