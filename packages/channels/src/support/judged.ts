import { FactorError } from '@parse-factors/core';
import type { FactorOccurrence } from '@parse-factors/core/factor';
import { notAccepted } from './faults.js';

/** What a provider's reply says: yes, no, or nothing that can be used. */
export type Verdict =
  | { readonly isYes: boolean }
  | {
      /** The code in the event. It must hold nothing of the reply but a known word. */
      readonly fault: string;
      /** Whether the option `failOpen` must not open it: a wrong secret would open for good, and unseen. */
      readonly isOurs?: boolean;
    };

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
