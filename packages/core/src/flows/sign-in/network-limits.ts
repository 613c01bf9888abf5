import type { ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { subjectOf } from '../../crypto/subject.js';
import { FactorError } from '../../error/factor-error.js';
import { networkOf } from '../../validation/ip-network.js';
import { factorContext } from '../factor-context.js';

const WINDOW_MS = 10 * 60_000;

/** Unlike another `cooldown`, it says nothing about the user who is meant. */
export class NetworkLimit extends FactorError {}

/**
 * Counts an answer of a user who has proven nothing before, by the network that it comes from and for all factors together,
 * before anything else of it is looked at. A request of the master key, or of Cloud Code, which has no address, is not counted.
 *
 * @returns takes back what was counted; never rejects
 * @throws NetworkLimit `cooldown`, with when to come back
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
  // What stays counted ends with the window.
  return () => store.uncount(bucket).catch(() => undefined);
}
