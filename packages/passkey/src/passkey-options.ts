import {
  accountName,
  assertLocks,
  ATTEMPT_LIMIT_RULES,
  choiceOption,
  DEFAULT_ATTEMPT_LIMITS,
  functionOption,
  integerOption,
  resolveOptions,
  textOption,
  type FactorUser,
} from '@parse-factors/core/factor';
import type { AttemptLimits } from '@parse-factors/core/store';
import { assertRelyingParty, RELYING_PARTY_RULES, type RelyingParty } from './relying-party.js';

/** Options of `PasskeyFactor`. */
export interface PasskeyOptions extends RelyingParty, Partial<AttemptLimits> {
  /** What dialogues call the application, 1 to 64 characters; `rpId` by default. */
  readonly rpName?: string;
  /**
   * `additional` is a second factor. With `solo` a passkey also signs in by itself, without a user name, and is enough: passkeys
   * are then made so that they are found without a user name, and they verify their user. `additional` by default.
   */
  readonly policy?: 'additional' | 'solo';
  /** The account's name in dialogues; by default the user's own `username`, `email`, or another address of theirs. */
  readonly accountName?: (user: FactorUser) => string;
  /**
   * Whether passkeys must verify their user (PIN, fingerprint) as a second factor. In place of the password they always must.
   * `preferred` by default: they do where they can.
   */
  readonly userVerification?: 'required' | 'preferred' | 'discouraged';
  /** How many passkeys a user may have, 1 to 20; 10 by default. */
  readonly maxPasskeys?: number;
  /** How long a challenge may be answered, in milliseconds, 1 to 60 minutes; 300,000 by default. */
  readonly validityMs?: number;
}

/** All options with their defaults. */
export type ResolvedPasskeyOptions = Readonly<Required<PasskeyOptions>>;

/** @throws FactorConfigError naming the option and what it accepts */
export function resolvePasskeyOptions(options: PasskeyOptions): ResolvedPasskeyOptions {
  const resolved = resolveOptions<Required<PasskeyOptions>>(
    'PasskeyFactor',
    options,
    {
      ...ATTEMPT_LIMIT_RULES,
      ...RELYING_PARTY_RULES,
      rpName: textOption(64),
      policy: choiceOption('additional', 'solo'),
      accountName: functionOption,
      userVerification: choiceOption('required', 'preferred', 'discouraged'),
      maxPasskeys: integerOption(1, 20),
      validityMs: integerOption(60_000, 60 * 60_000),
    },
    {
      ...DEFAULT_ATTEMPT_LIMITS,
      relatedOrigins: [],
      rpName: options?.rpId,
      policy: 'additional',
      accountName,
      userVerification: 'preferred',
      maxPasskeys: 10,
      validityMs: 5 * 60_000,
    },
  );
  assertLocks('PasskeyFactor', resolved);
  assertRelyingParty('PasskeyFactor', resolved);
  return resolved;
}
