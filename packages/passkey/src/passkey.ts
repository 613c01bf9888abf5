import type { Reply } from '@parse-factors/core/factor';

/** One passkey of a user. */
export interface Passkey {
  /** The credential's id in Base64url. */
  readonly id: string;
  /** The public key as COSE, in Base64url. */
  readonly publicKey: string;
  /** The last signature counter; 0 for authenticators that do not count. */
  readonly counter: number;
  /** How to reach the authenticator, such as `internal` or `usb`. */
  readonly transports: readonly string[];
  /** The user's name for it. */
  readonly name: string;
  /** The authenticator's model; all zeros if it does not tell. */
  readonly aaguid: string;
  /** Whether it can be synced to the user's other devices (flag BE). */
  readonly backupEligible: boolean;
  /** Whether it was synced at its last use (flag BS). */
  readonly backedUp: boolean;
  /** When it was added, in epoch milliseconds. */
  readonly addedAt: number;
  /** When it was last used, in epoch milliseconds. */
  readonly usedAt: number;
}

/** What the factor stores about a user. */
export interface PasskeyEnrolment {
  /** The user handle in Base64url: the same for all passkeys of the user, and random to everyone but this server. */
  readonly handle: string;
  /** Oldest first, at least one. */
  readonly passkeys: readonly Passkey[];
}

/** What the use of a passkey showed. */
export interface PasskeyUse {
  readonly counter: number;
  readonly backedUp: boolean;
  /** In epoch milliseconds. */
  readonly at: number;
}

/** Whether both hold the same passkeys, whatever their names and counters. */
export const hasSamePasskeys = (one: PasskeyEnrolment, other: PasskeyEnrolment): boolean => idsOf(one) === idsOf(other);

const idsOf = ({ passkeys }: PasskeyEnrolment): string =>
  passkeys
    .map(({ id }) => id)
    .toSorted()
    .join();

/** Whether a counter moved forward. Standing still is allowed at zero only (WebAuthn Level 3, section 6.1.1). */
export const goesOn = (before: number, now: number): boolean => (before === 0 && now === 0) || now > before;

/** Returns the enrolment after a use. Undefined if the passkey is gone or its counter did not move forward. */
export function afterUse(enrolment: PasskeyEnrolment, id: string, use: PasskeyUse): PasskeyEnrolment | undefined {
  const used = enrolment.passkeys.find((passkey) => passkey.id === id);
  if (used === undefined || !goesOn(used.counter, use.counter)) return undefined;
  const renewed: Passkey = { ...used, counter: use.counter, backedUp: use.backedUp, usedAt: use.at };
  return { ...enrolment, passkeys: enrolment.passkeys.map((passkey) => (passkey === used ? renewed : passkey)) };
}

const iso = (time: number): string => new Date(time).toISOString();

/** Describes the user's passkeys as JSON, oldest first. `synced` passkeys are also on the user's other devices. */
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
