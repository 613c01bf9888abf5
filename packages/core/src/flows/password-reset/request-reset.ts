import type { Reply } from '../../factor/context.js';
import { FactorError } from '../../error/factor-error.js';
import { factorContext } from '../factor-context.js';
import { findResetTarget, namesResetUser, resetFactor, type ResetRequest } from './reset-target.js';

/**
 * Sends a code for a new password: `{ factor, email }`, `{ factor, phone }` or `{ factor, username }`.
 *
 * The reply is the same for every address and every name, known or not, and does not wait for the message (user enumeration,
 * CWE-204). If the request names a user name, the reply does not say where the code goes.
 *
 * @throws FactorError `invalid_input`, `address_refused`, `cooldown`
 */
export async function requestPasswordReset(request: ResetRequest): Promise<Reply> {
  const { proof } = resetFactor(request);
  const others = Object.keys(request.params).filter((name) => name !== 'factor' && !namesResetUser(name, proof));
  if (others.length > 0 || Object.keys(request.params).length !== 2) {
    throw new FactorError('invalid_input', { sentence: `Expected an object with exactly: factor, ${proof.field}.` });
  }
  const { key, code, account, isNamed } = await findResetTarget(request);
  const context = factorContext(key, request.runtime, request);
  const { reply, deliver } = await proof.issue(context, code);
  if (account !== undefined) context.later(deliver());
  const { destination: _, ...withoutAddress } = reply;
  return isNamed ? reply : withoutAddress;
}
