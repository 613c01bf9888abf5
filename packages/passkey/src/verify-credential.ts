import { verifyAuthenticationResponse, verifyRegistrationResponse, type RegistrationResponseJSON } from '@simplewebauthn/server';
import { cose, decodeAttestationObject, isoCBOR } from '@simplewebauthn/server/helpers';
import type { AssertionAnswer, RegistrationAnswer } from './parse-credential.js';
import type { Passkey, PasskeyEnrolment, PasskeyUse } from './passkey.js';
import type { RelyingParty } from './relying-party.js';

/** EdDSA, ES256 and RS256, best first. The list is fixed: a passkey of one Node version must work on all others. */
export const ALGORITHMS: number[] = [cose.COSEALG.EdDSA, cose.COSEALG.ES256, cose.COSEALG.RS256];

/** What a verification needs besides the response. */
export interface Expected {
  readonly relyingParty: Required<RelyingParty>;
  /** Whether the authenticator must have verified its user (PIN, fingerprint), and not only their presence. */
  readonly requireUserVerification: boolean;
  /** Whether the user must have been present; true by default. A passkey that is created without a dialog tells of no one. */
  readonly requireUserPresence?: boolean;
}

const toLibraryOptions = ({ relyingParty: { rpId, origins, relatedOrigins }, requireUserVerification }: Expected) => ({
  expectedOrigin: [...origins, ...relatedOrigins],
  expectedRPID: rpId,
  requireUserVerification,
});

/**
 * Verifies the response to a registration (WebAuthn Level 3, section 7.1). The caller has verified the challenge.
 * @returns the new passkey; undefined for any failure
 */
export async function verifyRegistration(
  answer: RegistrationAnswer,
  expected: Expected,
  added: Pick<Passkey, 'name' | 'addedAt'>,
): Promise<Passkey | undefined> {
  if (answer.isCrossOrigin) return undefined;
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      ...toLibraryOptions(expected),
      response: withoutAttestation(answer.response),
      expectedChallenge: answer.challenge,
      requireUserPresence: expected.requireUserPresence ?? true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (registrationInfo === undefined) return undefined;
    const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo;
    return {
      id: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: credential.transports ?? [],
      aaguid,
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
      ...added,
      usedAt: added.addedAt,
    };
  } catch {
    return undefined; // the library's messages contain what the client sent
  }
}

/**
 * Removes the attestation. None is requested, so a forged one gains nothing. The library would fetch URLs in its certificates
 * (SSRF).
 */
function withoutAttestation({ response, ...outer }: RegistrationResponseJSON): RegistrationResponseJSON {
  const sent = decodeAttestationObject(Uint8Array.from(Buffer.from(response.attestationObject, 'base64url')));
  const bare = new Map<string, Parameters<typeof isoCBOR.encode>[0]>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', sent.get('authData')],
  ]);
  const attestationObject = Buffer.from(isoCBOR.encode(bare)).toString('base64url');
  return { ...outer, response: { ...response, attestationObject } };
}

/**
 * Verifies an assertion (WebAuthn Level 3, section 7.2), except its counter. The caller has verified the challenge.
 * @returns what the use showed; undefined for any failure
 */
export async function verifyAssertion(
  answer: AssertionAnswer,
  expected: Expected,
  { handle, passkeys }: PasskeyEnrolment,
): Promise<Omit<PasskeyUse, 'at'> | undefined> {
  const { response } = answer;
  const { userHandle } = response.response;
  const passkey = passkeys.find(({ id }) => id === response.id);
  if (passkey === undefined || answer.isCrossOrigin || (userHandle !== undefined && userHandle !== handle)) return undefined;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...toLibraryOptions(expected),
      response,
      expectedChallenge: answer.challenge,
      // The counter is compared where it is stored, in the same atomic step.
      credential: { id: passkey.id, publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url')), counter: 0 },
    });
    const { newCounter, credentialBackedUp, credentialDeviceType } = authenticationInfo;
    // Section 7.2, step 20: backup eligibility never changes after registration.
    const isSameKind = (credentialDeviceType === 'multiDevice') === passkey.backupEligible;
    return verified && isSameKind ? { counter: newCounter, backedUp: credentialBackedUp } : undefined;
  } catch {
    return undefined;
  }
}
