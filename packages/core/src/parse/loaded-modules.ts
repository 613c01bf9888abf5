import { createRequire } from 'node:module';

/**
 * What Node has loaded and `isWanted` knows by its shape, in each copy of a package. Parse Server exports few of its own
 * parts; in a bundle there are none to be found.
 */
export function loadedModules<Module>(isWanted: (exported: unknown) => exported is Module): Module[] {
  const { cache } = createRequire(`${process.cwd()}/`);
  return Object.values(cache)
    .map((loaded): unknown => loaded?.exports)
    .filter(isWanted);
}
