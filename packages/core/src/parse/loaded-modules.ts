import { createRequire } from 'node:module';

/**
 * Returns loaded modules that `isWanted` recognises by their shape, one for each copy of a package.
 *
 * Parse Server exports few of its own parts. In a bundle there are no modules to find.
 *
 * @param path what the path of the file must match; any path by default
 */
export function loadedModules<Module>(isWanted: (exported: unknown) => exported is Module, path: RegExp = /(?:)/): Module[] {
  const { cache } = createRequire(`${process.cwd()}/`);
  return Object.entries(cache)
    .filter(([file]) => path.test(file))
    .map(([, loaded]): unknown => loaded?.exports)
    .filter(isWanted);
}

/**
 * Whether an object is wrapped for the first time, and notes that it is from now on.
 *
 * @param mark a registered symbol, so that copies of this package wrap an object once (one by `import`, one by `require`)
 */
export function isFirstLook(watched: object, mark: symbol): boolean {
  if (Object.hasOwn(watched, mark)) return false;
  Object.defineProperty(watched, mark, { value: true });
  return true;
}
