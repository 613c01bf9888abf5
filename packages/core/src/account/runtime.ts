import type { Keyring } from '../crypto/keyring.js';
import type { RandomSource } from '../crypto/random.js';
import type { FactorListener } from '../factor/factor-event.js';
import type { Factor } from '../factor/factor.js';
import type { Clock } from '../time/clock.js';
import type { FactorChange } from './factor-roles.js';
import type { LoginPolicy } from './login-policy.js';

/** What all factors of an application share. */
export interface Runtime {
  /** All composed factors by their key in `auth`, backup authenticators included. */
  readonly factors: Readonly<Record<string, Factor<object>>>;
  /** Digests, and what factors seal in the store. */
  readonly keyring: Keyring;
  /** Seals what is kept about users. */
  readonly recordKeyring: Keyring;
  /** Ids that the application had before. What was sealed for them still opens. */
  readonly formerAppIds: readonly string[];
  /** The time in epoch milliseconds. */
  readonly clock: Clock;
  /** Where codes and secrets come from. */
  readonly random: RandomSource;
  /** How long a step-up proof lasts, in milliseconds. */
  readonly freshMs: number;
  /** Which factors a login needs. */
  readonly policy: LoginPolicy;
  /** Changes that end the user's other sessions. */
  readonly revokeSessionsOn: readonly FactorChange[];
  /** Wrong answers from one network in ten minutes, of users who have proven nothing before. */
  readonly maxAttemptsPerIp: number;
  /** Called for every event. */
  readonly onEvent: FactorListener | undefined;
  /** Whether users are told of changes to their accounts. */
  readonly notices: boolean;
  /** Whether events are also written to the app's database. */
  readonly eventLog: boolean;
  /** Runs work that no reply waits for. */
  readonly later: (work: Promise<unknown>) => void;
}
