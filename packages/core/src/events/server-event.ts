import type { Runtime } from '../account/runtime.js';
import type { FactorEvent } from '../factor/factor-event.js';

/** Makes an event about the server, which no request has caused. */
export const serverEvent = (
  { clock }: Pick<Runtime, 'clock'>,
  event: Pick<FactorEvent, 'type' | 'reason'> & Partial<Pick<FactorEvent, 'userId'>>,
): FactorEvent => Object.freeze({ factor: '', userId: undefined, purpose: undefined, ip: undefined, at: clock(), ...event });
