import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forCommonJs, type ReadmeCode } from './readme-code.js';
import type { Tarball } from '../build/tarballs.js';

const SYSTEMS = ['mts', 'cts'] as const;

/** A module system: how a file of it is called in TypeScript. */
export type ModuleSystem = (typeof SYSTEMS)[number];

/** An application with the tarballs of all packages, outside the repository, and code that it has copied from READMEs. */
export class Consumer {
  readonly #root: string;
  readonly folder: string;

  constructor(root: string, folder: string) {
    this.#root = root;
    this.folder = folder;
    mkdirSync(join(folder, 'src'), { recursive: true });
  }

  /** Installs them with the libraries that READMEs name, at the versions that the repository is tested with. */
  install(tarballs: readonly Tarball[], readmes: readonly ReadmeCode[]): void {
    const own = tarballs.map(({ name, filename }) => [name, `file:../tarballs/${filename}`]);
    const others = [...new Set(['parse-server', ...readmes.flatMap(({ installed }) => installed)])]
      .filter((name) => !name.startsWith('@parse-factors/'))
      .map((name) => [name, this.#versionOf(name)]);
    const dependencies: unknown = Object.fromEntries([...others, ...own]);
    // As the root README says under "Troubleshooting".
    const manifest = { private: true, dependencies, overrides: { router: '2.2.0' } };
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify(manifest, null, 2));
    const options = ['--prefer-offline', '--strict-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', ['install', ...options], { cwd: this.folder, stdio: ['ignore', 'ignore', 'inherit'] });
    symlinkSync(join(this.#root, 'node_modules', 'vitest'), join(this.folder, 'node_modules', 'vitest'));
  }

  /** Writes a README's code, once for each module system. Tests are ESM: Vitest cannot be required. */
  copy({ name, blocks }: ReadmeCode, change: (code: string, system: ModuleSystem) => string = (code) => code): void {
    for (const [index, code] of blocks.entries()) {
      const isTest = code.includes(` from 'vitest'`);
      for (const system of isTest ? (['mts'] as const) : SYSTEMS) {
        const file = `${name}-${index + 1}.${isTest ? 'test.' : ''}${system}`;
        const text = change(system === 'cts' ? forCommonJs(code) : code, system);
        writeFileSync(join(this.folder, 'src', file), `${text}export {};\n`);
      }
    }
  }

  /** Compiles all of it, as bundlers resolve packages and as Node does; the latter leaves what can be run in `out`. */
  compile(): void {
    const compilerOptions = {
      strict: true,
      target: 'ES2023',
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(this.#root, 'node_modules/@types')],
    };
    const settings = {
      node: { include: ['src'], compilerOptions: { ...compilerOptions, module: 'NodeNext', rootDir: 'src', outDir: 'out' } },
      bundler: {
        include: ['src/*.mts'],
        compilerOptions: { ...compilerOptions, module: 'ESNext', moduleResolution: 'Bundler', noEmit: true },
      },
    };
    for (const [name, setting] of Object.entries(settings)) {
      writeFileSync(join(this.folder, `tsconfig.${name}.json`), JSON.stringify(setting));
      this.run([join(this.#root, 'node_modules/typescript/bin/tsc'), '-p', `tsconfig.${name}.json`]);
    }
  }

  /** Runs a command of an installed package there, as the pages say; gives what it says. Downloads nothing. */
  npx(...line: readonly string[]): string {
    return execFileSync('npx', ['--no', '--offline', ...line], { cwd: this.folder, encoding: 'utf8' });
  }

  /** Runs Node there; gives what it says. */
  run(options: readonly string[], environment: Readonly<Record<string, string>> = {}): string {
    const env = { ...process.env, ...environment };
    try {
      return execFileSync(process.execPath, options, {
        cwd: this.folder,
        encoding: 'utf8',
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    } catch (error) {
      process.stderr.write(String((error as { readonly stdout?: unknown }).stdout));
      throw error;
    }
  }

  #versionOf(name: string): string {
    const { version } = JSON.parse(readFileSync(join(this.#root, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string;
    };
    return version;
  }
}
