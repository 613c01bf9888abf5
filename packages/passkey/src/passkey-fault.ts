import { createHash } from 'node:crypto';
import { asObject, type Refusal } from '@parse-factors/core/factor';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';
import type { GivenAssertion, GivenRegistration } from './given-credential.js';
import type { RelyingParty } from './relying-party.js';

const TYPES = { registration: 'webauthn.create', assertion: 'webauthn.get' } as const;

/**
 * What about an answer that was refused is not of this relying party: mostly a wrong `origins` or `rpId`, and otherwise
 * phishing. Undefined for any other fault. It decides nothing.
 */
export function passkeyFault(
  given: GivenAssertion | GivenRegistration,
  { rpId, origins, relatedOrigins }: Required<RelyingParty>,
): Refusal | undefined {
  try {
    const clientData: unknown = JSON.parse(Buffer.from(given.response.response.clientDataJSON, 'base64url').toString('utf8'));
    const { type, origin } = asObject(clientData) ?? {};
    if (type !== TYPES[given.kind])
      return { reason: 'passkey_type', sentence: 'The passkey has answered another kind of request.' };
    if (given.isCrossOrigin || ![...origins, ...relatedOrigins].some((own) => own === origin))
      return { reason: 'passkey_origin', sentence: 'The passkey was used on a website or app that is not allowed here.' };
    const isOwn = rpIdHashOf(given).equals(createHash('sha256').update(rpId).digest());
    return isOwn ? undefined : { reason: 'passkey_rp_id', sentence: 'The passkey belongs to another domain.' };
  } catch {
    return undefined; // what cannot be read says nothing
  }
}

/** The first 32 bytes of the authenticator data (WebAuthn Level 3, section 6.1). */
function rpIdHashOf(given: GivenAssertion | GivenRegistration): Buffer {
  if (given.kind === 'assertion') return Buffer.from(given.response.response.authenticatorData, 'base64url').subarray(0, 32);
  const attestation = Uint8Array.from(Buffer.from(given.response.response.attestationObject, 'base64url'));
  return Buffer.from(decodeAttestationObject(attestation).get('authData')).subarray(0, 32);
}
