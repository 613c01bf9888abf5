import { verifyAuthenticationResponse, verifyRegistrationResponse, type RegistrationResponseJSON } from '@simplewebauthn/server';
import { cose, decodeAttestationObject, isoCBOR } from '@simplewebauthn/server/helpers';
import type { GivenAssertion, GivenRegistration } from './given-credential.js';
import type { Passkey, PasskeyEnrolment, PasskeyUse } from './passkey.js';
import type { RelyingParty } from './relying-party.js';

/** EdDSA, ES256 and RS256, best first: the same on every version of Node, so that none locks out whom another let in. */
export const ALGORITHMS: number[] = [cose.COSEALG.EdDSA, cose.COSEALG.ES256, cose.COSEALG.RS256];

/** What a verification needs to know beside the answer. */
export interface Expected {
  readonly relyingParty: Required<RelyingParty>;
  /** Whether the authenticator must have verified its user, by a PIN or a fingerprint, and not only his presence. */
  readonly requireUserVerification: boolean;
}

const whose = ({ relyingParty: { rpId, origins, relatedOrigins }, requireUserVerification }: Expected) => ({
  expectedOrigin: [...origins, ...relatedOrigins],
  expectedRPID: rpId,
  requireUserVerification,
});

/**
 * Verifies the answer to a registration (WebAuthn Level 3, section 7.1) whose challenge is known to be ours.
 *
 * @returns the new passkey; undefined for whatever is wrong
 */
export async function verifyRegistration(
  given: GivenRegistration,
  expected: Expected,
  added: Pick<Passkey, 'name' | 'addedAt'>,
): Promise<Passkey | undefined> {
  if (given.isCrossOrigin) return undefined;
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      ...whose(expected),
      response: withoutAttestation(given.response),
      expectedChallenge: given.challenge,
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
    return undefined; // messages of the library hold what was sent
  }
}

/**
 * No attestation is asked for, and none is looked at: whoever makes it up gains nothing, and certificates that he
 * sends along are not followed to where they point.
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
 * Verifies an assertion (WebAuthn Level 3, section 7.2) whose challenge is known to be ours, but for the counter.
 *
 * @returns what it has shown; undefined for whatever is wrong
 */
export async function verifyAssertion(
  given: GivenAssertion,
  expected: Expected,
  { handle, passkeys }: PasskeyEnrolment,
): Promise<Omit<PasskeyUse, 'at'> | undefined> {
  const { response } = given;
  const { userHandle } = response.response;
  const passkey = passkeys.find(({ id }) => id === response.id);
  if (passkey === undefined || given.isCrossOrigin || (userHandle !== undefined && userHandle !== handle)) return undefined;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...whose(expected),
      response,
      expectedChallenge: given.challenge,
      // The counter is compared where it is stored, in one step with storing it.
      credential: { id: passkey.id, publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url')), counter: 0 },
    });
    const { newCounter, credentialBackedUp, credentialDeviceType } = authenticationInfo;
    // Section 7.2, step 20: whether it may be copied is settled when it is made.
    const isSameKind = (credentialDeviceType === 'multiDevice') === passkey.backupEligible;
    return verified && isSameKind ? { counter: newCounter, backedUp: credentialBackedUp } : undefined;
  } catch {
    return undefined;
  }
}
