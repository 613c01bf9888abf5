import { defineConfig, type UserConfig } from 'tsdown';

/** How every package is built: ESM and CJS with types, one file per entry. */
export const packageConfig = (...entries: readonly string[]): UserConfig =>
  defineConfig({
    entry: entries.map((entry) => `src/${entry}.ts`),
    format: ['esm', 'cjs'],
    platform: 'node',
    target: 'node20.19',
    dts: true,
    sourcemap: true,
    clean: true,
    logLevel: 'warn',
  });
