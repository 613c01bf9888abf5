import type { AccountState, Session } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { verifiedFieldOf } from '../../account/verified-field.js';
import { subjectOf } from '../../crypto/subject.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import type { CheckedCode, CodeTarget } from '../../factor/address-proof.js';
import type { Reply } from '../../factor/context.js';
import { factorSubject } from '../../factor/factor-subject.js';
import { readFields } from '../../validation/payload.js';
import { type ClientCall, ownedBy, type ProvingFactor, SENT_NAME } from '../request-code.js';
import { UserFactor } from '../user-factor.js';

/** A call that verifies an address of the user object. */
export interface VerificationCall extends ClientCall {
  /** The session that sends it; undefined for a user who cannot log in yet. */
  readonly session: Session | undefined;
}

/** A field of the user object, and the factor that verifies the address in it. */
export interface VerifiedField extends ProvingFactor {
  readonly field: string;
}

/** A user's address that a code can verify. */
export interface Verifiable extends VerifiedField {
  readonly account: AccountState;
  /** What the code is bound to. */
  readonly code: CodeTarget;
}

/** The reply for an address that is verified. */
export const VERIFIED: Reply = Object.freeze({ status: 'verified' });

const PURPOSE = 'address-verification';

/**
 * Returns the factor that verifies a field.
 *
 * @throws FactorError `invalid_input`
 */
export function verifiedField({ addressVerification, factors }: Runtime, field: unknown): VerifiedField {
  const isField = typeof field === 'string' && Object.hasOwn(addressVerification, field);
  const key = isField ? addressVerification[field] : undefined;
  const proof = key === undefined ? undefined : factors[key]?.addressProof;
  if (isField && key !== undefined && proof !== undefined) return { field, key, proof };
  const accepts = Object.keys(addressVerification).map((name) => JSON.stringify(name));
  throw new FactorError('invalid_input', { sentence: `Field "field" must be ${accepts.join(' or ')}.` });
}

/** Whether the address of a user is verified. */
export const isVerified = ({ user }: AccountState, field: string): boolean => user.get(verifiedFieldOf(field)) === true;

/**
 * Returns the address of the session's own user.
 *
 * @param field the field that holds it
 * @throws FactorError `invalid_input`, `address_refused`, `session_required`
 */
export async function ownAddress(call: VerificationCall, session: Session, field: unknown): Promise<Verifiable> {
  const { runtime, server } = call;
  const found = verifiedField(runtime, field);
  const account = await server.accounts.get(session.userId);
  const stored = account.user.get(found.field);
  if (typeof stored !== 'string' || stored === '')
    throw new FactorError('invalid_input', { sentence: `The user has no "${found.field}" yet.` });
  const address = found.proof.normalise(stored);
  const subject = factorSubject(new UserFactor(found.key, runtime, call, account).context, PURPOSE);
  return { ...found, account, code: { subject, purpose: PURPOSE, address, user: account.user } };
}

/** An `email` that a client without a session has sent. */
export interface NamedEmail extends VerifiedField {
  /** The normalised address. */
  readonly address: string;
}

/** Reads an `email`. @throws FactorError `invalid_input`, `address_refused`, `session_required` if no factor verifies `email` */
export function readEmail({ runtime, params }: ClientCall): NamedEmail {
  if (!Object.hasOwn(runtime.addressVerification, 'email')) throw new FactorError('session_required');
  const found = verifiedField(runtime, 'email');
  const { email } = readFields({ email: params['email'] }, { email: SENT_NAME });
  return { ...found, address: found.proof.normalise(email) };
}

/**
 * Finds the user with that unverified `email`. The same statements run whether there is one or not (user enumeration, CWE-204).
 *
 * The code is bound to the user as well: it does not verify the address for another one who gets it meanwhile.
 */
export async function findUnverified(
  { runtime, server }: ClientCall,
  { address, ...found }: NamedEmail,
): Promise<VerifiedField & Pick<Verifiable, 'code'> & { readonly account: AccountState | undefined }> {
  const [only, another] = await server.accounts.findByEmail(address);
  const isOnly = only !== undefined && another === undefined && !isVerified(only, found.field);
  const account = isOnly && isAt(found, only, address) ? only : undefined;
  const digest = runtime.keyring.stableDigest('address', address);
  const subject = subjectOf(PURPOSE, server.appId, found.key, digest, account?.id ?? '');
  return { ...found, account, code: { subject, purpose: PURPOSE, address, user: undefined, ...ownedBy(account) } };
}

function isAt({ proof, field }: VerifiedField, { user }: AccountState, address: string): boolean {
  try {
    return proof.normalise(String(user.get(field))) === address;
  } catch {
    return false;
  }
}

/**
 * Marks an address as verified and uses its code up, in one statement: only while it is still the one that the code was sent to.
 *
 * @throws FactorError `code_rejected` if it is not
 */
export async function markVerified(call: VerificationCall, verifiable: Verifiable, code: CheckedCode): Promise<Reply> {
  const { runtime, server, session } = call;
  const { key, field, account } = verifiable;
  const emit = emitter(key, runtime, call, account);
  const isWritten = await server.accounts.write(verifiedFieldOf(field), true, {
    userId: account.id,
    emit,
    where: { [field]: account.user.get(field) },
    before: async () => {
      if (session !== undefined) await server.sessions.assertAlive(session);
      await code.consume();
    },
    after: async () => emit({ type: 'address_verified', reason: field }),
  });
  if (!isWritten) throw new FactorError('code_rejected');
  return VERIFIED;
}
