import { createRequire } from 'node:module';

/**
 * Returns loaded modules that `isWanted` recognises by their shape, one for each copy of a package.
 *
 * Parse Server exports few of its own parts. In a bundle there are no modules to find.
 */
export function loadedModules<Module>(isWanted: (exported: unknown) => exported is Module): Module[] {
  const { cache } = createRequire(`${process.cwd()}/`);
  return Object.values(cache)
    .map((loaded): unknown => loaded?.exports)
    .filter(isWanted);
}
