import type { ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { subjectOf } from '../../crypto/subject.js';
import { FactorError } from '../../error/factor-error.js';
import { networkOf } from '../../validation/ip-network.js';
import { factorContext } from '../factor-context.js';

const WINDOW_MS = 10 * 60_000;

/** A `cooldown` of the network. Unlike other cooldowns, it reveals nothing about the user, so it need not be masked. */
export class NetworkLimit extends FactorError {}

/**
 * Counts an answer of an unauthenticated client against its network's limit, before the answer is looked at. All factors count
 * together.
 *
 * Requests of the master key, and of Cloud Code, which has no address, are not counted.
 *
 * @returns a function that takes the count back; it never rejects
 * @throws NetworkLimit `cooldown`, with the time to retry
 */
export async function countByNetwork(
  key: string,
  runtime: Runtime,
  request: ServerRequest & { readonly isAdministrator: boolean },
): Promise<() => Promise<void>> {
  const { ip } = request.client;
  if (ip === undefined || request.isAdministrator) return async () => undefined;
  const { appId, store, keyring, emit } = factorContext(key, runtime, request);
  const bucket = subjectOf('attempts', appId, keyring.stableDigest('ip', networkOf(ip)));
  const count = await store.count(bucket, { limit: runtime.maxAttemptsPerIp, windowMs: WINDOW_MS });
  if (!count.allowed) {
    emit({ type: 'rejected', purpose: 'sign-in', reason: 'cooldown', isLogged: false });
    throw new NetworkLimit('cooldown', { sentence: 'Too many attempts from this network.', retryAt: count.retryAt });
  }
  // A count that stays ends with the window.
  return () => store.uncount(bucket).catch(() => undefined);
}

/** Takes the count back unless the answer was wrong. Unreadable answers and faults do not count. */
export async function unlessRejected<Result>(work: () => Promise<Result>, release: () => Promise<void>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FactorError && error.code === 'code_rejected')) await release();
    throw error;
  }
}
