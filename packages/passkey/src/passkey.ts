import type { Reply } from '@parse-factors/core/factor';

/** One passkey of a user. */
export interface Passkey {
  /** The credential's id in Base64url. */
  readonly id: string;
  /** The public key as COSE, in Base64url. */
  readonly publicKey: string;
  /** The signature counter that was seen last; 0 for authenticators that do not count. */
  readonly counter: number;
  /** How the authenticator is reached, such as `internal` or `usb`. */
  readonly transports: readonly string[];
  /** What the user calls it. */
  readonly name: string;
  /** The authenticator's model, all zeros where it does not say. */
  readonly aaguid: string;
  /** Whether it may be copied to other devices of the user (flag BE). */
  readonly backupEligible: boolean;
  /** Whether it was, when it was used last (flag BS). */
  readonly backedUp: boolean;
  /** When it was added, in epoch milliseconds. */
  readonly addedAt: number;
  /** When it was used last, in epoch milliseconds. */
  readonly usedAt: number;
}

/** What the factor keeps about a user. */
export interface PasskeyEnrolment {
  /** The user handle in Base64url: random to all but this server, the same for all passkeys of the user. */
  readonly handle: string;
  /** Oldest first, at least one. */
  readonly passkeys: readonly Passkey[];
}

/** What a use of a passkey has shown. */
export interface PasskeyUse {
  readonly counter: number;
  readonly backedUp: boolean;
  /** In epoch milliseconds. */
  readonly at: number;
}

/** Whether a counter goes on; it may stand still at zero only (WebAuthn Level 3, section 6.1.1). */
export const goesOn = (before: number, now: number): boolean => (before === 0 && now === 0) || now > before;

/** The enrolment after a use; undefined where the passkey is gone, or its counter does not go on. */
export function afterUse(enrolment: PasskeyEnrolment, id: string, use: PasskeyUse): PasskeyEnrolment | undefined {
  const used = enrolment.passkeys.find((passkey) => passkey.id === id);
  if (used === undefined || !goesOn(used.counter, use.counter)) return undefined;
  const renewed: Passkey = { ...used, counter: use.counter, backedUp: use.backedUp, usedAt: use.at };
  return { ...enrolment, passkeys: enrolment.passkeys.map((passkey) => (passkey === used ? renewed : passkey)) };
}

const iso = (time: number): string => new Date(time).toISOString();

/** What a user is shown of his passkeys: JSON, oldest first; `synced` are those that his other devices have as well. */
export const describePasskeys = ({ passkeys }: PasskeyEnrolment): Reply => ({
  passkeys: JSON.stringify(
    passkeys.map(({ id, name, addedAt, usedAt, backedUp }) => ({
      id,
      name,
      addedAt: iso(addedAt),
      usedAt: iso(usedAt),
      synced: backedUp,
    })),
  ),
});
