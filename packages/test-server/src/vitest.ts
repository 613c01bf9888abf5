import { defineProject, type UserProjectConfigExport } from 'vitest/config';

const condition = '@parse-factors/source';
const file = (name: string): string => new URL(name, import.meta.url).pathname;

/** The Vitest project of a package. It tests the sources of all packages, so that no build is needed first. */
export const packageProject = (name: string, more: object = {}): UserProjectConfigExport =>
  defineProject({
    ssr: { resolve: { conditions: [condition] } },
    test: {
      name,
      environment: 'node',
      include: ['**/*.test.ts'],
      env: { PARSE_SERVER_LOGS_FOLDER: 'null', SILENT: '1' },
      testTimeout: 60_000,
      hookTimeout: 60_000,
      ...more,
    },
  });

/**
 * The same with its own database server, and with Parse Servers that hash passwords quickly.
 * @param setUps further global set-up files, as paths from the package's folder
 */
export const serverProject = (name: string, ...setUps: readonly string[]): UserProjectConfigExport =>
  packageProject(name, {
    globalSetup: [file('./database/global-setup.ts'), ...setUps],
    setupFiles: [file('./quick-passwords.ts')],
  });
