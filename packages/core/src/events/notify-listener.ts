import type { FactorEvent, FactorListener } from '../factor/factor-event.js';

/** Calls the application's listener. Errors that it throws are ignored. */
export function notifyListener(listener: FactorListener | undefined, event: FactorEvent): void {
  if (listener === undefined) return;
  try {
    Promise.resolve(listener(event)).catch(() => undefined);
  } catch {
    // An error of the application's listener must not fail the login.
  }
}
