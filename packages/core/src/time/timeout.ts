/** A delivery that took too long. */
export class TimeoutError extends Error {
  override readonly name = 'DeliveryTimeout';
}

/**
 * Rejects with {@link TimeoutError} after `timeoutMs` milliseconds, even if `work` ignores the abort signal. A later
 * result is discarded.
 *
 * @param outer also ends the work when it is aborted
 * @throws TimeoutError named `DeliveryTimeout`
 */
export async function withTimeout<Result>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
  outer?: AbortSignal,
): Promise<Result> {
  if (outer?.aborted === true) throw new TimeoutError();
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const tooLate = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(new TimeoutError()), { once: true });
  });
  const timer = setTimeout(abort, timeoutMs);
  outer?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(controller.signal), tooLate]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  }
}
