/** A device that a user has signed in from. */
export interface KnownDevice {
  /** A keyed digest of the user and the device, in hexadecimal digits. */
  readonly id: string;
  /** When it last signed in, in epoch milliseconds. */
  readonly usedAt: number;
  /** What is kept about that sign-in, sealed. */
  readonly sealed: string;
}

/** The devices that users have signed in from, in the app's own database. */
export interface KnownDevices {
  /** Notes that a known device has signed in. Resolves to false, and changes nothing, if it was not used since `since`. */
  use(userId: string, device: KnownDevice, since: number): Promise<boolean>;
  /** Adds a device, or one that was forgotten. Resolves to true for exactly one caller. */
  add(userId: string, device: KnownDevice, since: number): Promise<boolean>;
  /** Returns the user's devices, the last used first, 50 at most. Old ones are among them until they are pruned. */
  list(userId: string): Promise<readonly KnownDevice[]>;
  /** Forgets all devices of a user. */
  forget(userId: string): Promise<void>;
}

/** How long a device is known after its last sign-in, in milliseconds: 180 days. */
export const DEVICE_MS: number = 180 * 24 * 60 * 60_000;
