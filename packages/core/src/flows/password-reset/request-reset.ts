import { FactorError } from '../../error/factor-error.js';
import type { Reply } from '../../factor/context.js';
import { type ClientCall, requestCode, withWay } from '../request-code.js';
import { findResetTarget, readNamedUser, resetFactor } from './reset-target.js';

/**
 * Sends a code for a new password: `{ factor, email }`, `{ factor, phone }` or `{ factor, username }`, and `via` if the factor
 * offers ways. See {@link requestCode}.
 *
 * @throws FactorError `invalid_input`, `address_refused`, `cooldown`
 */
export async function requestPasswordReset(sent: ClientCall): Promise<Reply> {
  const { key, proof } = resetFactor(sent);
  const request = withWay(sent, key);
  if (Object.keys(request.params).length !== 2) {
    throw new FactorError('invalid_input', { sentence: `Expected an object with exactly these fields: factor, ${proof.field}.` });
  }
  const named = readNamedUser(request);
  const find = async () => {
    const { code, account } = await findResetTarget(request, named);
    return account && code;
  };
  return requestCode(request, { ...named, purpose: 'password-reset', find });
}
