import { createHash } from 'node:crypto';
import { asObject, type Refusal } from '@parse-factors/core/factor';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';
import type { AssertionAnswer, RegistrationAnswer } from './parse-credential.js';
import type { RelyingParty } from './relying-party.js';

const TYPES = { registration: 'webauthn.create', assertion: 'webauthn.get' } as const;

/**
 * Explains a refused answer that belongs to another relying party. Usually `origins` or `rpId` is wrong; otherwise it is
 * phishing. Undefined for other faults. It has no influence on the verification.
 */
export function passkeyFault(
  answer: AssertionAnswer | RegistrationAnswer,
  { rpId, origins, relatedOrigins }: Required<RelyingParty>,
): Refusal | undefined {
  try {
    const clientData: unknown = JSON.parse(Buffer.from(answer.response.response.clientDataJSON, 'base64url').toString('utf8'));
    const { type, origin } = asObject(clientData) ?? {};
    if (type !== TYPES[answer.kind]) return { reason: 'passkey_type', sentence: 'The passkey answered another type of request.' };
    if (answer.isCrossOrigin || ![...origins, ...relatedOrigins].some((own) => own === origin))
      return { reason: 'passkey_origin', sentence: 'The passkey was used on a website or app that is not allowed here.' };
    const isOwn = rpIdHashOf(answer).equals(createHash('sha256').update(rpId).digest());
    return isOwn ? undefined : { reason: 'passkey_rp_id', sentence: 'The passkey belongs to another domain.' };
  } catch {
    return undefined; // unreadable data gives no reason
  }
}

/** Reads the first 32 bytes of the authenticator data (WebAuthn Level 3, section 6.1). */
function rpIdHashOf(answer: AssertionAnswer | RegistrationAnswer): Buffer {
  if (answer.kind === 'assertion') return Buffer.from(answer.response.response.authenticatorData, 'base64url').subarray(0, 32);
  const attestation = Uint8Array.from(Buffer.from(answer.response.response.attestationObject, 'base64url'));
  return Buffer.from(decodeAttestationObject(attestation).get('authData')).subarray(0, 32);
}
