/** Keeps a process alive until the work has ended, as serverless platforms offer it. */
export type WaitUntil = (work: Promise<unknown>) => unknown;

/**
 * Runs what no reply waits for, such as notices. Failures change nothing.
 *
 * @param waitUntil is handed every such work, as a promise that resolves to nothing and never rejects
 */
export const inBackground =
  (waitUntil: WaitUntil | undefined): ((work: Promise<unknown>) => void) =>
  (work) => {
    const ended = work.then(
      () => undefined,
      () => undefined,
    );
    try {
      Promise.resolve(waitUntil?.(ended)).catch(() => undefined);
    } catch {
      // The platform's refusal is not the login's business: the work goes on without it.
    }
  };
