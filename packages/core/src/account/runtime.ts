import type { Keyring } from '../crypto/keyring.js';
import type { RandomSource } from '../crypto/random.js';
import type { FactorListener } from '../factor/factor-event.js';
import type { Factor } from '../factor/factor.js';
import type { Clock } from '../time/clock.js';
import type { EventSender } from './event-ports.js';
import type { FactorChange } from './factor-roles.js';
import type { LoginPolicy } from './login-policy.js';
import type { PasswordCheck } from './password-check.js';

/** What all factors of an application share. */
export interface Runtime {
  /** All composed factors by their key in `auth`, backup authenticators included. */
  readonly factors: Readonly<Record<string, Factor<object>>>;
  /** Makes digests, and seals what factors keep in the store. */
  readonly keyring: Keyring;
  /** Seals the enrolment records of users. */
  readonly recordKeyring: Keyring;
  /** Earlier ids of the application. Records that were sealed for them still open. */
  readonly formerAppIds: readonly string[];
  /** The time in epoch milliseconds. */
  readonly clock: Clock;
  /** Generates codes and secrets. */
  readonly random: RandomSource;
  /** How long a step-up proof lasts, in milliseconds. */
  readonly freshMs: number;
  /** Which factors a login needs. */
  readonly policy: LoginPolicy;
  /** The keys of the factors whose codes reset a password. */
  readonly passwordReset: readonly string[];
  /** By field of the user: the key of the factor whose codes verify the address in it. */
  readonly addressVerification: Readonly<Record<string, string>>;
  /** Whether a reset by code takes over an account whose `email` is unverified. */
  readonly takeOver: boolean;
  /** Fields that a session of a user with a second factor changes only after a step-up proof. */
  readonly freshProofFor: readonly string[];
  /** Decides about new passwords; undefined accepts all. */
  readonly passwordCheck: PasswordCheck | undefined;
  /** Changes that end the user's other sessions. */
  readonly revokeSessionsOn: readonly FactorChange[];
  /** Limit on wrong codes from one network in ten minutes, for clients that have not proven a primary factor. */
  readonly maxAttemptsPerIp: number;
  /** Called for every event. */
  readonly onEvent: FactorListener | undefined;
  /** Whether users are notified of changes to their accounts. */
  readonly notices: boolean;
  /** Whether the devices of sign-ins are remembered. */
  readonly rememberDevices: boolean;
  /** Whether users are notified of sign-ins from new devices. */
  readonly newDeviceNotices: boolean;
  /** Whether events are also written to the application's database. */
  readonly eventLog: boolean;
  /** How long logged events are kept, in milliseconds; undefined for good. */
  readonly keepEventsMs: number | undefined;
  /** Sends events to the application's endpoint, if it has one. */
  readonly webhook?: EventSender | undefined;
  /** Runs work that no reply waits for. */
  readonly later: (work: Promise<unknown>) => void;
}
