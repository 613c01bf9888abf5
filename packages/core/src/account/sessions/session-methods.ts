import type { Authentication } from '../../factor/authentication.js';
import type { Composed } from '../factor-roles.js';

/** All values of {@link MethodKind}. */
export const METHOD_KINDS = ['password', 'primary', 'factor', 'backup', 'provider'] as const;

/**
 * The kind of a method. `password`: the user's password. `primary`: a factor of this library that has signed the user in by
 * itself. `factor`: any other use of a factor. `backup`: a recovery code, a help code or a trusted
 * device, which only replaces a factor. `provider`: another provider of the option `auth`, such as a social login.
 */
export type MethodKind = (typeof METHOD_KINDS)[number];

/** What a session keeps about a method that was verified for it. */
export interface KeptMethod {
  /** The key in `auth`, or `password`. */
  readonly method: string;
  readonly kind: MethodKind;
  /** When it was last verified, in epoch milliseconds. */
  readonly at: number;
}

/** A method that a session was opened with, or that was verified in it since. */
export interface SessionMethod extends KeptMethod {
  /** Its names in RFC 8176, section 2, such as `pwd`, `otp`, `sms` or `pop`; none for a backup or another provider. */
  readonly amr: readonly string[];
}

/** How a session was opened, and what was verified in it since. */
export interface SessionMethods {
  /** The methods, the oldest first; none for a session that Parse Server made from another one. */
  readonly methods: readonly SessionMethod[];
  /** The names of all methods in RFC 8176, each once; with `mfa` if they prove something known and something possessed. */
  readonly amr: readonly string[];
  /**
   * The assurance level of NIST SP 800-63B-4, section 2: 2 if the methods prove something known and something possessed, such
   * as a password and an authenticator app; otherwise 1. Codes by email, trusted devices and other providers do not count.
   */
  readonly aal: 1 | 2;
}

/** Most methods that one session keeps. */
const MAX_METHODS = 20;

const PASSWORD: Authentication = { amr: ['pwd'], proves: 'knowledge' };
const UNKNOWN: Authentication = { amr: [], proves: 'nothing' };

function authenticationOf({ method, kind }: KeptMethod, { factors }: Composed): Authentication {
  if (kind === 'password') return PASSWORD;
  const factor = kind === 'provider' || !Object.hasOwn(factors, method) ? undefined : factors[method];
  // The recovery code of a drop-in is a backup, and its factor speaks of its other codes.
  if (factor === undefined || (kind === 'backup') !== (factor.backup !== undefined)) return UNKNOWN;
  return (kind === 'primary' ? factor.primary?.authentication : undefined) ?? factor.authentication ?? UNKNOWN;
}

/** Adds a method, or its last time. */
export const withMethod = (methods: readonly KeptMethod[], added: KeptMethod): readonly KeptMethod[] =>
  [...methods.filter(({ method, kind }) => method !== added.method || kind !== added.kind), added].slice(-MAX_METHODS);

/** Describes what a session keeps, in the terms of RFC 8176 and NIST SP 800-63B-4. */
export function describeMethods(kept: readonly KeptMethod[], composed: Composed): SessionMethods {
  const found = kept.map((method) => ({ method, authentication: authenticationOf(method, composed) }));
  const proven = found.map(({ authentication }) => authentication.proves);
  const proves = (what: 'knowledge' | 'possession'): boolean => proven.some((each) => each === what || each === 'both');
  const isBoth = proves('knowledge') && proves('possession');
  const methods = found.map(({ method, authentication }) => ({ ...method, amr: authentication.amr }));
  const amr = new Set([...methods.flatMap((method) => method.amr), ...(isBoth ? ['mfa'] : [])]);
  return { methods, amr: [...amr], aal: isBoth ? 2 : 1 };
}

/** Which method a request demands of its session. */
export interface MethodDemand {
  /** The keys of the factors of which one must have been verified for the session. */
  readonly oneOf: readonly string[];
  /** Maximum age of that verification, in milliseconds; any age by default. */
  readonly maxAgeMs?: number;
}

/** Whether one of the methods meets a demand. A backup never does. A time ahead of the clock's tolerance does not count. */
export const meets = (
  kept: readonly KeptMethod[],
  { oneOf, maxAgeMs = Number.POSITIVE_INFINITY }: MethodDemand,
  { now, toleranceMs }: { readonly now: number; readonly toleranceMs: number },
): boolean =>
  kept.some(
    ({ method, kind, at }) =>
      (kind === 'factor' || kind === 'primary') && oneOf.includes(method) && now - at < maxAgeMs && at <= now + toleranceMs,
  );
