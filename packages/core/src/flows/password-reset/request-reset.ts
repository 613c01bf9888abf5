import { FactorError } from '../../error/factor-error.js';
import type { Reply } from '../../factor/context.js';
import { type ClientCall, requestCode } from '../request-code.js';
import { findResetTarget, readNamedUser, resetFactor } from './reset-target.js';

/**
 * Sends a code for a new password: `{ factor, email }`, `{ factor, phone }` or `{ factor, username }`. See {@link requestCode}.
 *
 * @throws FactorError `invalid_input`, `address_refused`, `cooldown`
 */
export async function requestPasswordReset(request: ClientCall): Promise<Reply> {
  const { proof } = resetFactor(request);
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
