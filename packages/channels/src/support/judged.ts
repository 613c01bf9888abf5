import { FactorError } from '@parse-factors/core';
import type { FactorOccurrence } from '@parse-factors/core/factor';
import { notAccepted } from './faults.js';

/** What a provider's reply says: yes, no, or nothing that can be used. */
export type Verdict =
  | { readonly isYes: boolean }
  | {
      /** The code in the event. It must hold nothing of the reply but a known word. */
      readonly fault: string;
      /** Whether `failOpen` must not open it: a wrong secret would open for good and unseen, and clients can cause other faults. */
      readonly isOurs?: boolean;
    };

/**
 * A reply that is not the documented one. A status of 4xx may be caused by what the client has sent, such as a text that a firewall
 * of the provider refuses. So `failOpen` does not open it, except 429.
 */
export const unexpected = (status: number): Verdict => ({
  fault: `http_${status}`,
  isOurs: status >= 400 && status < 500 && status !== 429,
});

/** How a check deals with faults. */
export interface Judging {
  readonly failOpen: boolean;
  readonly emit: (event: FactorOccurrence) => void;
}

/**
 * Asks a provider, and decides. Faults refuse, unless `failOpen` opens them. Each fault is an event.
 *
 * @param ask rejects if there was no reply
 * @throws FactorError `unavailable` for a fault
 */
export async function judged({ failOpen, emit }: Judging, ask: () => Promise<Verdict>): Promise<boolean> {
  const verdict = await ask().catch((fault: unknown): Verdict => ({ fault: codeOf(fault) }));
  if ('isYes' in verdict) return verdict.isYes;
  const { fault, isOurs = false } = verdict;
  // An error of this kind emits the event by itself.
  if (!failOpen || isOurs) throw new FactorError('unavailable', { cause: notAccepted(fault) });
  emit({ type: 'fault', reason: fault, isLogged: false });
  return true;
}

function codeOf(fault: unknown): string {
  const { code } = fault as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'check_failed';
}
