import type { Clock } from './clock.js';
import type { FactorListener } from './factor-event.js';
import type { Keyring } from './keyring.js';
import type { OtpStore } from './otp-store.js';
import type { HookConfig } from './parse-hooks.js';
import type { RandomSource } from './random.js';

/** What all factors of an application share. */
export interface FactorRuntime {
  /** The keys of all composed factors in `auth`. */
  readonly factorKeys: readonly string[];
  /** Digests and seals. */
  readonly keyring: Keyring;
  /** The time in epoch milliseconds. */
  readonly clock: Clock;
  /** Where codes and secrets come from. */
  readonly random: RandomSource;
  /** How long a fresh proof lasts, in milliseconds. */
  readonly freshMs: number;
  /** Hears of everything that happens. */
  readonly onEvent: FactorListener | undefined;
  /** The store to use for a request. */
  readonly storeFor: (config: HookConfig) => OtpStore;
}
