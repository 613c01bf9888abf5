import type { FactorChange } from '../account/factor-roles.js';
import type { LoginPolicy } from '../account/login-policy.js';
import type { Keyring } from '../crypto/keyring.js';
import type { RandomSource } from '../crypto/random.js';
import type { FactorListener } from '../factor/factor-event.js';
import type { Factor } from '../factor/factor.js';
import type { ClientIp } from '../parse/client-ip.js';
import type { HookConfig } from '../parse/parse-types.js';
import type { OtpStore } from '../store/otp-store.js';
import type { Clock } from '../time/clock.js';

/** What all factors of an application share. */
export interface FactorRuntime {
  /** All composed factors by their key in `auth`, those that only stand in for one included. */
  readonly factors: Readonly<Record<string, Factor<object>>>;
  /** Digests, and what factors seal in the store. */
  readonly keyring: Keyring;
  /** Seals what is kept about users. */
  readonly recordKeyring: Keyring;
  /** Ids that the application had before; what was sealed for them still opens. */
  readonly formerAppIds: readonly string[];
  /** The time in epoch milliseconds. */
  readonly clock: Clock;
  /** Where codes and secrets come from. */
  readonly random: RandomSource;
  /** How long a fresh proof lasts, in milliseconds. */
  readonly freshMs: number;
  /** Which factors a login needs. */
  readonly policy: LoginPolicy;
  /** Changes that end the user's other sessions. */
  readonly revokeSessionsOn: readonly FactorChange[];
  /** Wrong answers from one network in ten minutes, of users who have proven nothing before. */
  readonly maxAttemptsPerIp: number;
  /** Hears of everything that happens. */
  readonly onEvent: FactorListener | undefined;
  /** Whether users are told of changes to their accounts. */
  readonly notices: boolean;
  /** Whether events are also written to the app's database. */
  readonly eventLog: boolean;
  /** Runs what no reply waits for. */
  readonly later: (work: Promise<unknown>) => void;
  /** Says which address a request counts for. */
  readonly clientIp: ClientIp | undefined;
  /** The store to use for a request. */
  readonly storeFor: (config: HookConfig) => OtpStore;
}
