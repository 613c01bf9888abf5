import { defineConfig, type UserConfig } from 'tsdown';

/** How every package is built: ESM and CJS with types, one file per entry, named by the last part of its path. */
export const packageConfig = (...entries: readonly string[]): UserConfig =>
  defineConfig({
    entry: Object.fromEntries(entries.map((entry) => [entry.slice(entry.lastIndexOf('/') + 1), `src/${entry}.ts`])),
    format: ['esm', 'cjs'],
    platform: 'node',
    target: 'node20.19',
    dts: { sourcemap: false },
    sourcemap: false, // what is published can be read as it is, and the source is not published with it
    // The types have the docstrings. In the code, once for each format, they would be a sixth of core's tarball.
    outputOptions: { comments: { legal: true, annotation: true, jsdoc: false } },
    clean: true,
    logLevel: 'warn',
  });
