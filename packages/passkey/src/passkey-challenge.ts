import { bytesFrom, subjectOf, type Purpose, type RequestContext } from '@parse-factors/core/factor';
import { isLive, UNLIMITED } from '@parse-factors/core/store';

/** What a challenge is for; good for nothing else. */
export interface Ceremony {
  /** `alone`: signing in with nothing before it. */
  readonly purpose: Purpose | 'alone';
  /** The user it was made for; empty where he is yet to be known. */
  readonly userId: string;
  /** The session it was made for; empty where there is none. */
  readonly session: string;
}

/** A challenge of ours, or why it is none. */
export type ReadChallenge =
  | {
      readonly ok: true;
      readonly reason?: undefined;
      /** Whether it was spent before. */
      isSpent(): Promise<boolean>;
      /** Spends it: true for exactly one caller. */
      spend(): Promise<boolean>;
    }
  | { readonly ok: false; readonly reason: 'code_rejected' }
  | {
      readonly ok: false;
      readonly reason: 'code_expired';
      /** Keeps an answer that was right but late from being good once more, should the clock step back. */
      spend(): Promise<boolean>;
    };

const NONCE_BYTES = 16;
/** The mark of a challenge that was spent. Stores keep marks for days, should a clock be set back. */
const SPENT = 1;
const FORMAT = /^([A-Za-z0-9_-]{22})\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{43})$/;
const PURPOSE = 'passkey-challenge';

const partsOf = (
  { appId, key }: RequestContext,
  { purpose, userId, session }: Ceremony,
  nonce: string,
  expiry: string,
): readonly string[] => [appId, key, purpose, userId, session, nonce, expiry];

/**
 * A challenge (WebAuthn Level 3, section 13.4.3) that says by itself what it is for and until when: 128 random bits
 * and a keyed digest. Nothing is stored before it comes back, so that asking costs nothing.
 *
 * @param expiresAt epoch milliseconds
 * @returns Base64url, as options and client data hold it
 */
export function makeChallenge(context: RequestContext, ceremony: Ceremony, expiresAt: number): string {
  const nonce = bytesFrom(context.random, NONCE_BYTES).toString('base64url');
  const expiry = expiresAt.toString(36);
  const digest = context.keyring.digest(PURPOSE, ...partsOf(context, ceremony, nonce, expiry));
  return Buffer.from(`${nonce}.${expiry}.${digest}`).toString('base64url');
}

/** Reads a challenge that came back. */
export function readChallenge(context: RequestContext, ceremony: Ceremony, challenge: string): ReadChallenge {
  const [, nonce = '', expiry = '', digest = ''] = FORMAT.exec(Buffer.from(challenge, 'base64url').toString('latin1')) ?? [];
  const isOurs = context.keyring.matches(digest, PURPOSE, ...partsOf(context, ceremony, nonce, expiry));
  if (!isOurs) return { ok: false, reason: 'code_rejected' };
  const { store, appId, key } = context;
  const subject = subjectOf(PURPOSE, appId, key, nonce);
  const spend = (): Promise<boolean> => store.advance(subject, SPENT);
  if (!isLive(Number.parseInt(expiry, 36), context.clock())) return { ok: false, reason: 'code_expired', spend };
  return {
    ok: true,
    isSpent: async () => {
      const attempt = await store.attempt(subject, UNLIMITED);
      return attempt.locked || attempt.mark >= SPENT;
    },
    spend,
  };
}
