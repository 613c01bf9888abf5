import { cloudCode } from './cloud-code.js';

/** A method of Parse Server's storage adapter that tests step in before. */
type Method = 'findOneAndUpdate' | 'createObject' | 'deleteObjectsByQuery';
type Statement = (className: string, ...others: readonly unknown[]) => Promise<unknown>;

/**
 * Runs work in place of the statements of a method on a class, until the returned function is called.
 *
 * @param work receives the statement, and may run it
 */
export function inPlaceOf(
  method: Method,
  className: string,
  work: (run: () => Promise<unknown>) => Promise<unknown>,
): () => void {
  const server = Reflect.get(cloudCode(), 'Server') as { readonly database: { readonly adapter: Record<Method, Statement> } };
  const { adapter } = server.database;
  const original = adapter[method];
  adapter[method] = async (name, ...others) => {
    const run = (): Promise<unknown> => original.call(adapter, name, ...others);
    return name === className ? work(run) : run();
  };
  return () => {
    adapter[method] = original;
  };
}

/** Runs work right before the next statement of a method on a class. */
export function beforeNext(method: Method, className: string, work: () => Promise<unknown>): () => void {
  const restore = inPlaceOf(method, className, async (run) => {
    restore();
    await work();
    return run();
  });
  return restore;
}
