import { defineConfig, type UserConfig } from 'tsdown';

/** The part of what the bundler has made that is used here. */
type Bundle = Readonly<
  Record<string, { readonly isEntry?: boolean; readonly name?: string; readonly exports?: readonly string[] }>
>;

/** The part of the bundler's context that is used here. */
interface Emitter {
  emitFile(file: { readonly type: 'asset'; readonly fileName: string; readonly source: string }): unknown;
}

/** What `import` gets for an entry: the names of the module that `require` gets. */
const moduleFor = (file: string, names: readonly string[]): string =>
  `import entry from './${file}';\n${names.map((name) => `export const ${name} = entry.${name};\n`).join('')}`;

/** Adds a module of the same names for `import` to each entry; a program has no names. */
const oneCopy = {
  name: 'one-copy',
  generateBundle(this: Emitter, _options: unknown, bundle: Bundle): void {
    for (const [file, { isEntry, name, exports = [] }] of Object.entries(bundle)) {
      if (isEntry !== true || exports.length === 0 || file !== `${name}.cjs`) continue;
      this.emitFile({ type: 'asset', fileName: `${name}.mjs`, source: moduleFor(file, exports) });
      this.emitFile({ type: 'asset', fileName: `${name}.d.mts`, source: `export * from './${file}';\n` });
    }
  },
};

const entriesOf = (entries: readonly string[]): Record<string, string> =>
  Object.fromEntries(entries.map((entry) => [entry.slice(entry.lastIndexOf('/') + 1), `src/${entry}.ts`]));

const COMMON = {
  dts: { sourcemap: false },
  sourcemap: false, // what is published can be read as it is, and the source is not published with it
  // The types have the docstrings. In the code, they would be a sixth of core's tarball.
  outputOptions: { comments: { legal: true, annotation: true, jsdoc: false } },
  clean: true,
  logLevel: 'warn',
} satisfies UserConfig;

/**
 * How a package for servers is built: CJS with types, one file per entry, named by the last part of its path. `import` gets the
 * same modules, so an application that uses both never has two copies of a class (dual package hazard).
 */
export const packageConfig = (...entries: readonly string[]): UserConfig =>
  defineConfig({
    ...COMMON,
    entry: entriesOf(entries),
    format: ['cjs'],
    platform: 'node',
    target: 'node20.19',
    plugins: [oneCopy],
  });

/** How a package for browsers is built: ESM, from which bundlers take what is used, and CJS. */
export const browserConfig = (...entries: readonly string[]): UserConfig =>
  defineConfig({
    ...COMMON,
    entry: entriesOf(entries),
    format: ['esm', 'cjs'],
    platform: 'neutral',
    fixedExtension: true,
    target: 'es2020',
  });
