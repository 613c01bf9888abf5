import { FactorConfigError } from '@parse-factors/core';
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
  /** The application's name in browser dialogs, 1 to 64 characters; `rpId` by default. */
  readonly rpName?: string;
  /**
   * `additional` is a second factor. With `solo` a passkey can also sign in without a user name or password, and is enough. New
   * passkeys are then discoverable and verify their user. `additional` by default.
   */
  readonly policy?: 'additional' | 'solo';
  /**
   * Whether users can sign up with a passkey and nothing else; false by default. Needs `solo`, and recovery codes that may change
   * factors after a wait: they are the only way back in after the passkey is lost.
   */
  readonly signUp?: boolean;
  /** The account's name in browser dialogs; by default the user's `username`, `email` or another address. */
  readonly accountName?: (user: FactorUser) => string;
  /**
   * Whether a passkey must verify its user (PIN, fingerprint) as a second factor. In place of a password it always must.
   * `preferred` by default: it does if it can.
   */
  readonly userVerification?: 'required' | 'preferred' | 'discouraged';
  /** The most passkeys per user, 1 to 20; 10 by default. */
  readonly maxPasskeys?: number;
  /** How long a challenge is valid, in milliseconds, 1 to 60 minutes; 300,000 by default. */
  readonly validityMs?: number;
}

/** {@link PasskeyOptions} with every default filled in. */
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
      signUp: choiceOption(true, false),
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
      signUp: false,
      accountName,
      userVerification: 'preferred',
      maxPasskeys: 10,
      validityMs: 5 * 60_000,
    },
  );
  assertLocks('PasskeyFactor', resolved);
  assertRelyingParty('PasskeyFactor', resolved);
  if (resolved.signUp && resolved.policy !== 'solo')
    throw new FactorConfigError('PasskeyFactor: option "signUp" needs policy "solo"');
  return resolved;
}
