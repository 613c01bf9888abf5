import { waysInUnlessPassword } from '../../account/change-rules.js';
import type { AccountState, Server } from '../../account/ports.js';
import type { Composed } from '../../account/factor-roles.js';

/**
 * The keys of the factors that are the user's only way in: users can sign up with each of them alone, and the user has no
 * password and no other provider. Changing the factors of such an account needs a proof by one of these: with any other proof,
 * a stolen session could take the account over for good. It costs one statement for users who have such a factor.
 */
export async function onlyWaysIn(
  composed: Composed,
  { accounts }: Pick<Server, 'accounts'>,
  { id, stored }: AccountState,
): Promise<readonly string[]> {
  const ways = waysInUnlessPassword(stored, composed);
  return ways.length === 0 || (await accounts.hasPassword(id)) ? [] : ways;
}
