import { subjectOf } from '../crypto/subject.js';
import { FactorError } from '../error/factor-error.js';
import { ipOf } from '../parse/client-ip.js';
import type { HookRequest } from '../parse/parse-types.js';
import { networkOf } from '../validation/ip-network.js';
import { requestContext } from './factor-context.js';
import type { FactorRuntime } from './runtime.js';

const WINDOW_MS = 10 * 60_000;

/** Unlike another `cooldown`, it says nothing about who is meant. */
export class NetworkLimit extends FactorError {}

/**
 * Counts an answer of a user who has proven nothing before, by the network that it comes from and for all factors
 * together, before anything else of it is looked at. A request of the master key, or of Cloud Code, which has no
 * address, is not counted.
 *
 * @returns takes back what was counted; never rejects
 * @throws NetworkLimit `cooldown`, with when to come back
 */
export async function countByNetwork(key: string, runtime: FactorRuntime, request: HookRequest): Promise<() => Promise<void>> {
  const ip = ipOf(runtime.clientIp, request);
  const { master } = request;
  if (ip === undefined || master === true) return async () => undefined;
  const { appId, store, keyring, emit } = requestContext(key, runtime, request);
  const bucket = subjectOf('attempts', appId, keyring.nameOf('ip', networkOf(ip)));
  const count = await store.count(bucket, { limit: runtime.maxAttemptsPerIp, windowMs: WINDOW_MS });
  if (!count.allowed) {
    emit({ type: 'rejected', purpose: 'sign-in', reason: 'cooldown', isLogged: false });
    throw new NetworkLimit('cooldown', { sentence: 'Too many attempts from this network.', retryAt: count.retryAt });
  }
  // What stays counted ends with the window.
  return () => store.uncount(bucket).catch(() => undefined);
}
