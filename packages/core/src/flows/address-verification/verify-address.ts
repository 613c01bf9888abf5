import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import type { CheckedCode } from '../../factor/address-proof.js';
import type { Reply } from '../../factor/context.js';
import { readFields } from '../../validation/payload.js';
import { factorContext } from '../factor-context.js';
import { SENT_PASSWORD } from '../request-code.js';
import { countByNetwork } from '../sign-in/network-limits.js';
import { findUnverified, markVerified, ownAddress, readEmail, type VerificationCall } from './verified-address.js';

/**
 * Verifies an address with a code.
 *
 * - With a session, `{ field, code }`.
 * - Without one, `{ email, code, password }`. The person proves the account's password as well: otherwise a stranger who has
 *   opened an account with the address could talk its owner into verifying it (account pre-hijacking, CWE-287). A wrong password
 *   counts for Parse Server's account lockout.
 *
 * Each request counts as one attempt at the code.
 *
 * @throws FactorError `code_rejected` for every wrong code, password and address; `cooldown`, `invalid_input`, `address_refused`
 */
export async function verifyAddress(call: VerificationCall): Promise<Reply> {
  const { session, params, runtime } = call;
  if (session === undefined) return verifyByEmail(call);
  const { field = 'email', code: sent, ...others } = params;
  if (Object.keys(others).length > 0)
    throw new FactorError('invalid_input', { sentence: 'With a session, expected an object with these fields: field, code.' });
  const own = await ownAddress(call, session, field);
  const code = await own.proof.check(factorContext(own.key, runtime, call, own.account), own.code, own.proof.readCode(sent));
  return markVerified(call, own, code);
}

async function verifyByEmail(call: VerificationCall): Promise<Reply> {
  const { params, runtime, server } = call;
  const named = readEmail(call);
  const { email: _, code: sent, ...others } = params;
  const { password } = readFields(others, { password: SENT_PASSWORD });
  const typed = named.proof.readCode(sent);
  const release = await countByNetwork(named.key, runtime, { ...call, isAdministrator: false });
  const found = await findUnverified(call, named);
  const { key, proof, account } = found;
  const checked = await unlessRejected(proof.check(factorContext(key, runtime, call), found.code, typed));
  // A password is compared in any case, so that the response time does not reveal whether the code was right. After a wrong code it
  // is compared with no user's: guesses at passwords need the mailbox.
  const isRight = await server.accounts.isPassword(checked && account, password);
  if (checked !== undefined && !isRight)
    emitter(key, runtime, call, account?.id)({ type: 'rejected', purpose: 'address-verification', reason: 'wrong_password' });
  if (checked === undefined || account === undefined || !isRight) throw new FactorError('code_rejected');
  await release();
  return markVerified(call, { ...found, account }, checked);
}

/** Returns undefined for a wrong code. */
async function unlessRejected(check: Promise<CheckedCode>): Promise<CheckedCode | undefined> {
  try {
    return await check;
  } catch (fault) {
    if (fault instanceof FactorError && fault.code === 'code_rejected') return undefined;
    throw fault;
  }
}
