import { bytesFrom, subjectOf, type Purpose, type RequestContext } from '@parse-factors/core/factor';
import { isLive, UNLIMITED } from '@parse-factors/core/store';

/** What a challenge is bound to. It is accepted for nothing else. */
export interface Ceremony {
  /**
   * `alone` is passwordless sign-in. `sign-up` registers a passkey without a user, `conditional` one without a dialog.
   */
  readonly purpose: Purpose | 'alone' | 'sign-up' | 'conditional';
  /** The user that it was created for; empty if the user is not known yet. */
  readonly userId: string;
  /** The session that it was created for; empty if there is none. */
  readonly session: string;
}

/** A parsed challenge: one that this factor issued, or the reason for refusing it. */
export type ReadChallenge =
  | {
      readonly ok: true;
      readonly reason?: undefined;
      /** The random part, in Base64url. */
      readonly nonce: string;
      /** Whether it was used before. */
      isUsed(): Promise<boolean>;
      /** Marks it as used. Resolves to true for exactly one caller. */
      consume(): Promise<boolean>;
    }
  | { readonly ok: false; readonly reason: 'code_rejected' }
  | {
      readonly ok: false;
      readonly reason: 'code_expired';
      /** Marks it as used, so that a correct but late answer stays refused if the clock steps back. */
      consume(): Promise<boolean>;
    };

const NONCE_BYTES = 16;
/** The mark of a used challenge. Stores keep marks for days, in case a clock is set back. */
const USED = 1;
const FORMAT = /^([A-Za-z0-9_-]{22})\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{43})$/;
const PURPOSE = 'passkey-challenge';

/** Returns the random part of a challenge, in Base64url. */
export const newNonce = ({ random }: RequestContext): string => bytesFrom(random, NONCE_BYTES).toString('base64url');

const partsOf = (
  { appId, key }: RequestContext,
  { purpose, userId, session }: Ceremony,
  nonce: string,
  expiry: string,
): readonly string[] => [appId, key, purpose, userId, session, nonce, expiry];

/**
 * Creates a challenge (WebAuthn Level 3, section 13.4.3) that carries its own binding and expiry: 128 random bits and a keyed
 * digest. Nothing is stored until it is answered, so requesting challenges cannot fill the store.
 * @param expiresAt epoch milliseconds
 * @param nonce its random part
 * @returns Base64url, as in the options and the client data
 */
export function makeChallenge(
  context: RequestContext,
  ceremony: Ceremony,
  expiresAt: number,
  nonce: string = newNonce(context),
): string {
  const expiry = expiresAt.toString(36);
  const digest = context.keyring.digest(PURPOSE, ...partsOf(context, ceremony, nonce, expiry));
  return Buffer.from(`${nonce}.${expiry}.${digest}`).toString('base64url');
}

/** Verifies a challenge that a client sent back. */
export function readChallenge(context: RequestContext, ceremony: Ceremony, challenge: string): ReadChallenge {
  const [, nonce = '', expiry = '', digest = ''] = FORMAT.exec(Buffer.from(challenge, 'base64url').toString('latin1')) ?? [];
  const isOurs = context.keyring.matches(digest, PURPOSE, ...partsOf(context, ceremony, nonce, expiry));
  if (!isOurs) return { ok: false, reason: 'code_rejected' };
  const { store, appId, key } = context;
  const subject = subjectOf(PURPOSE, appId, key, nonce);
  const consume = (): Promise<boolean> => store.advance(subject, USED);
  if (!isLive(Number.parseInt(expiry, 36), context.clock())) return { ok: false, reason: 'code_expired', consume };
  return {
    ok: true,
    nonce,
    isUsed: async () => {
      const attempt = await store.attempt(subject, UNLIMITED);
      return attempt.locked || attempt.mark >= USED;
    },
    consume,
  };
}
