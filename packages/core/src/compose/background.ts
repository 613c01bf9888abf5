/** Keeps the process alive until `work` has ended, as serverless platforms offer it. */
export type WaitUntil = (work: Promise<unknown>) => unknown;

/**
 * Runs work that no reply waits for, such as security notifications. Its failures are ignored.
 *
 * @param waitUntil called with a promise for each piece of work; the promise resolves to undefined and never rejects
 */
export const inBackground =
  (waitUntil: WaitUntil | undefined): ((work: Promise<unknown>) => void) =>
  (work) => {
    const ended = work.then(
      () => undefined,
      () => undefined,
    );
    if (waitUntil === undefined) return;
    try {
      Promise.resolve(waitUntil(ended)).catch(() => undefined);
    } catch {
      // The platform refused the promise. That must not fail the login, so the work goes on without it.
    }
  };
