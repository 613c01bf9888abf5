import { FactorError } from '../../error/factor-error.js';
import type { Reply } from '../../factor/context.js';
import { factorContext } from '../factor-context.js';
import { requestCode, withWay } from '../request-code.js';
import {
  findUnverified,
  isVerified,
  ownAddress,
  readEmail,
  VERIFIED,
  verifiedField,
  type VerificationCall,
} from './verified-address.js';

/**
 * Sends a code that verifies an address.
 *
 * - With a session, `{ field }`: to the address that the user object has in that field, `email` by default. The reply is
 *   `{ status: "verified" }` if it is verified already.
 * - Without one, `{ email }`: for users who cannot log in before. The reply is the same for every address; see
 *   {@link requestCode}.
 *
 * If the factor offers ways, `via` chooses one.
 *
 * @throws FactorError `invalid_input`, `address_refused`, `cooldown`; with a session also `delivery_failed`
 */
export async function requestVerification(sent: VerificationCall): Promise<Reply> {
  const { session, runtime } = sent;
  if (session === undefined) return requestByEmail(sent);
  const call = withWay(sent, verifiedField(runtime, sent.params['field'] ?? 'email').key);
  const { field = 'email', ...others } = call.params;
  if (Object.keys(others).length > 0)
    throw new FactorError('invalid_input', { sentence: 'With a session, expected an object with only this field: field.' });
  const { key, proof, account, code, field: name } = await ownAddress(call, session, field);
  if (isVerified(account, name)) return VERIFIED;
  const { reply, deliver } = await proof.issue(factorContext(key, runtime, call, account), code);
  await deliver();
  return reply;
}

async function requestByEmail(sent: VerificationCall): Promise<Reply> {
  const named = readEmail(sent);
  const call = withWay(sent, named.key);
  if (Object.keys(call.params).length !== 1)
    throw new FactorError('invalid_input', { sentence: 'Without a session, expected an object with exactly this field: email.' });
  const find = async () => {
    const { account, code } = await findUnverified(call, named);
    return account && code;
  };
  return requestCode(call, { ...named, purpose: 'address-verification', by: 'address', name: named.address, find });
}
