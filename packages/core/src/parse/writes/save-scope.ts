import { AsyncLocalStorage } from 'node:async_hooks';

/** One save of a user by Parse Server. */
interface SaveScope {
  /** Whether a save runs in it already. */
  isTaken: boolean;
}

const SCOPE = Symbol.for('parse-factors.save-scope');

/** Shared by copies of this package (one by `import`, one by `require`). */
const scopes = ((globalThis as Record<symbol, unknown>)[SCOPE] ??=
  new AsyncLocalStorage<SaveScope>()) as AsyncLocalStorage<SaveScope>;

/** The save that runs now; undefined outside of one, and where Parse Server's saves cannot be watched. */
export const currentSave = (): object | undefined => scopes.getStore();

/**
 * Prepares one save: what is staged in `work` belongs to the save that `work` makes.
 *
 * Requests of one batch run at the same time, and share the rest of their state. Without a scope of its own, a save could take
 * the checks of another one, which then ran without them.
 */
export const preparingSave = <Result>(work: () => Promise<Result>): Promise<Result> => scopes.run({ isTaken: false }, work);

/** Runs one save of a user: in the scope that was prepared for it, or else in one of its own. */
export function runningSave<Result>(work: () => Result): Result {
  const prepared = scopes.getStore();
  if (prepared === undefined || prepared.isTaken) return scopes.run({ isTaken: true }, work);
  prepared.isTaken = true;
  return work();
}
