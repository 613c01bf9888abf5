import { FactorError } from '@parse-factors/core';
import { subjectOf, type FactorContext } from '@parse-factors/core/factor';
import { UNLIMITED } from '@parse-factors/core/store';
import { newSecret, type TotpEnrolment } from './totp-enrolment.js';
import type { ResolvedTotpOptions } from './totp-options.js';

/** An enrolment that waits for its confirming code. */
export interface PendingTotp extends TotpEnrolment {
  /** When it expires, in epoch milliseconds. Showing it again does not prolong it. */
  readonly expiresAt: number;
}

/** An enrolment that is opened again shows the same secret, unless less than this time is left. */
const MIN_REMAINING_MS = 60_000;

/**
 * Returns the sealed pending enrolment. The session that began it gets the same secret again, so that a scanned QR code stays
 * valid if the page is opened twice. Every other session gets a new secret.
 */
export async function sealedPending(
  context: FactorContext,
  { algorithm, digits, stepSeconds, pendingMs }: ResolvedTotpOptions,
): Promise<string> {
  const { store, keyring, clock, random, session } = context;
  const secret = newSecret(random);
  const expiresAt = clock() + pendingMs;
  const made: PendingTotp = { secret, algorithm, digits, stepSeconds, expiresAt };
  const digest = keyring.seal(JSON.stringify(made), ...pendingBinding(context));
  if (session === undefined) return digest;
  // A separate row, because it is not guessed at: reading it counts no attempt. Exactly one of several concurrent requests
  // creates the secret.
  const subject = pendingSubject(context, session);
  const cooldownMs = pendingMs - Math.min(MIN_REMAINING_MS, pendingMs / 2);
  const issue = await store.issue(subject, { digest, expiresAt }, { cooldownMs, quotas: [] });
  if (issue.issued) return digest;
  const begun = await store.attempt(subject, UNLIMITED);
  if (begun.locked || begun.digest === undefined) throw new FactorError('cooldown', { retryAt: issue.retryAt });
  return begun.digest;
}

/** Opens a pending enrolment that {@link sealedPending} has sealed for the same user. */
export const openPending = (context: FactorContext, digest: string): PendingTotp =>
  JSON.parse(context.keyring.open(digest, ...pendingBinding(context)).plaintext) as PendingTotp;

/** Deletes the pending enrolment of the session, so that its secret is never shown again. */
export async function forgetPending(context: FactorContext): Promise<void> {
  if (context.session !== undefined) await context.store.forget(pendingSubject(context, context.session));
}

const pendingSubject = ({ appId, user, key }: FactorContext, session: string): string =>
  subjectOf('pending-totp', appId, key, user.id, session);

const pendingBinding = ({ appId, user, key }: FactorContext): string[] => ['pending', appId, user.id, key];
