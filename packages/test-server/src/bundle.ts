import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The input of a bundle. */
export interface BundleOptions {
  /** The source of a module. Its relative imports start at the root of the repository. */
  readonly source: string;
  /** Packages that are not bundled. */
  readonly external?: readonly string[];
}

/** Bundles a module for browsers, minified, from the sources of this repository's packages. */
export async function bundle({ source, external = [] }: BundleOptions): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2020',
    conditions: ['@parse-factors/source'],
    external: [...external],
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
