import type { FactorEvent, FactorListener } from '../factor/factor-event.js';

/** Calls the application's listener. Errors that it throws are ignored. */
export function notifyListener(listener: FactorListener | undefined, event: FactorEvent): void {
  if (listener === undefined) return;
  try {
    Promise.resolve(listener(event)).catch(() => undefined);
  } catch {
    // The listener is the application's own. What it throws must not fail the login.
  }
}
