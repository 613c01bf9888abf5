import { subjectOf, type FactorContext, type Purpose, type Reply, type RequestContext } from '@parse-factors/core/factor';
import { generateAuthenticationOptions, generateRegistrationOptions } from '@simplewebauthn/server';
import { makeChallenge, type Ceremony } from './passkey-challenge.js';
import type { ResolvedPasskeyOptions } from './passkey-options.js';
import type { Passkey, PasskeyEnrolment } from './passkey.js';
import { ALGORITHMS } from './verify-credential.js';

/** Code points of a name in browser dialogs. Authenticators may cut names at 64 bytes (WebAuthn Level 3, section 6.4.1). */
const MAX_LABEL = 64;

/** Passwordless sign-in with a passkey. No user is known yet. */
export const PRIMARY_SIGN_IN: Ceremony = { purpose: 'alone', userId: '', session: '' };

/** The ceremony of a known user in the current session. */
export const ceremonyOf = ({ user, session = '' }: FactorContext, purpose: Purpose): Ceremony => ({
  purpose,
  userId: user.id,
  session,
});

/**
 * Returns the user handle. It is the same for all passkeys of a user, so that an authenticator replaces an old one. Without the
 * server's keys it looks random.
 */
export const newHandle = ({ keyring, appId, key, user }: FactorContext): string =>
  subjectOf(keyring.stableDigest('passkey-handle', appId, key, user.id));

/** Creates the options to register a passkey, as JSON (WebAuthn Level 3, section 5.4). */
export async function beginRegistration(
  context: FactorContext,
  { rpId, rpName, accountName, policy, userVerification, validityMs }: ResolvedPasskeyOptions,
  enrolment: PasskeyEnrolment | undefined,
): Promise<Reply> {
  const name = [...accountName(context.user)].slice(0, MAX_LABEL).join('');
  const isSolo = policy === 'solo';
  const options = await generateRegistrationOptions({
    rpName,
    rpID: rpId,
    userName: name,
    userDisplayName: name,
    userID: Uint8Array.from(Buffer.from(enrolment?.handle ?? newHandle(context), 'base64url')),
    timeout: validityMs,
    attestationType: 'none',
    excludeCredentials: (enrolment?.passkeys ?? []).map(toDescriptor),
    authenticatorSelection: {
      residentKey: isSolo ? 'required' : 'preferred',
      userVerification: isSolo ? 'required' : userVerification,
    },
    supportedAlgorithmIDs: ALGORITHMS,
  });
  return reply(context, ceremonyOf(context, 'enrolment'), options);
}

/** Creates the options to use a passkey, as JSON (WebAuthn Level 3, section 5.5). */
export async function beginAssertion(
  context: RequestContext,
  ceremony: Ceremony,
  { rpId, userVerification, validityMs }: ResolvedPasskeyOptions,
  passkeys: readonly Passkey[] = [],
): Promise<Reply> {
  const options = await generateAuthenticationOptions({
    rpID: rpId,
    timeout: validityMs,
    ...(passkeys.length > 0 && { allowCredentials: passkeys.map(toDescriptor) }),
    userVerification: ceremony.purpose === 'alone' ? 'required' : userVerification,
  });
  return reply(context, ceremony, options);
}

/** Inserts the factor's own challenge into the options. */
function reply(context: RequestContext, ceremony: Ceremony, options: { readonly timeout?: number }): Reply {
  const expiresAt = context.clock() + (options.timeout ?? 0);
  const challenge = makeChallenge(context, ceremony, expiresAt);
  // Anyone may request a passwordless challenge, as often as they like, so it is not logged.
  const event = ceremony.purpose === 'alone' ? ({ purpose: 'sign-in', isLogged: false } as const) : { purpose: ceremony.purpose };
  context.emit({ type: 'challenged', ...event });
  return {
    status: 'pending',
    options: JSON.stringify({ ...options, challenge }),
    expiresAt: new Date(expiresAt).toISOString(),
  };
}

const toDescriptor = ({ id, transports }: Passkey): { id: string; transports: string[] } => ({ id, transports: [...transports] });
