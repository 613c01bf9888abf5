import { subjectOf, type FactorContext, type Purpose, type Reply, type RequestContext } from '@parse-factors/core/factor';
import { generateAuthenticationOptions, generateRegistrationOptions } from '@simplewebauthn/server';
import { makeChallenge, newNonce, type Ceremony } from './passkey-challenge.js';
import type { ResolvedPasskeyOptions } from './passkey-options.js';
import type { Passkey, PasskeyEnrolment } from './passkey.js';
import { ALGORITHMS } from './verify-credential.js';

/** Code points of a name in browser dialogs. Authenticators may cut names at 64 bytes (WebAuthn Level 3, section 6.4.1). */
const MAX_LABEL = 64;

/** Passwordless sign-in with a passkey. No user is known yet. */
export const PRIMARY_SIGN_IN: Ceremony = { purpose: 'alone', userId: '', session: '' };

/** The registration of a passkey that no user has yet. */
export const SIGN_UP: Ceremony = { purpose: 'sign-up', userId: '', session: '' };

/** The ceremony of a known user in the current session. */
export const ceremonyOf = ({ user, session = '' }: FactorContext, purpose: Purpose | 'conditional'): Ceremony => ({
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

/** The user handle of a passkey that no user has yet. It belongs to one challenge, so nothing has to be stored. */
export const handleOfNonce = ({ keyring, appId, key }: RequestContext, nonce: string): string =>
  subjectOf(keyring.stableDigest('passkey-handle', appId, key, 'sign-up', nonce));

/**
 * Creates the options to register a passkey, as JSON (WebAuthn Level 3, section 5.4).
 * @param isConditional whether the browser creates the passkey without a dialog, if it can; the user has none yet
 */
export async function beginRegistration(
  context: FactorContext,
  options: ResolvedPasskeyOptions,
  { enrolment, isConditional }: { readonly enrolment: PasskeyEnrolment | undefined; readonly isConditional: boolean },
): Promise<Reply> {
  const name = [...options.accountName(context.user)].slice(0, MAX_LABEL).join('');
  const handle = enrolment?.handle ?? newHandle(context);
  const created = await creationOptions(options, { name, handle, passkeys: enrolment?.passkeys ?? [] });
  return reply(context, ceremonyOf(context, isConditional ? 'conditional' : 'enrolment'), created);
}

/** Creates the options to sign up with a passkey. @param name the account's name in the browser's dialogs */
export async function beginSignUp(context: RequestContext, options: ResolvedPasskeyOptions, name: string): Promise<Reply> {
  const nonce = newNonce(context);
  const created = await creationOptions(options, { name, handle: handleOfNonce(context, nonce), passkeys: [] });
  return reply(context, SIGN_UP, created, nonce);
}

function creationOptions(
  { rpId, rpName, policy, userVerification, validityMs }: ResolvedPasskeyOptions,
  { name, handle, passkeys }: { readonly name: string } & PasskeyEnrolment,
): ReturnType<typeof generateRegistrationOptions> {
  const isSolo = policy === 'solo';
  return generateRegistrationOptions({
    rpName,
    rpID: rpId,
    userName: name,
    userDisplayName: name,
    userID: Uint8Array.from(Buffer.from(handle, 'base64url')),
    timeout: validityMs,
    attestationType: 'none',
    excludeCredentials: passkeys.map(toDescriptor),
    authenticatorSelection: {
      residentKey: isSolo ? 'required' : 'preferred',
      userVerification: isSolo ? 'required' : userVerification,
    },
    supportedAlgorithmIDs: ALGORITHMS,
  });
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
function reply(context: RequestContext, ceremony: Ceremony, options: { readonly timeout?: number }, nonce?: string): Reply {
  const expiresAt = context.clock() + (options.timeout ?? 0);
  const challenge = makeChallenge(context, ceremony, expiresAt, nonce);
  const { purpose } = ceremony;
  // Anyone may request a challenge without a user, as often as they like, so it is not logged.
  const event =
    purpose === 'alone' || purpose === 'sign-up'
      ? ({ purpose: 'sign-in', isLogged: false } as const)
      : { purpose: purpose === 'conditional' ? ('enrolment' as const) : purpose };
  context.emit({ type: 'challenged', ...event });
  return {
    status: 'pending',
    options: JSON.stringify({ ...options, challenge }),
    expiresAt: new Date(expiresAt).toISOString(),
  };
}

const toDescriptor = ({ id, transports }: Passkey): { id: string; transports: string[] } => ({ id, transports: [...transports] });
