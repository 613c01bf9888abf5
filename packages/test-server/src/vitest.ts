import { defineProject, type UserProjectConfigExport } from 'vitest/config';

const condition = '@parse-factors/source';
const file = (name: string): string => new URL(name, import.meta.url).pathname;

/** How a package is tested: on the source of its siblings, so that nothing has to be built first. */
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
 * The same, with a Postgres of its own, and Parse Servers that hash passwords quickly.
 *
 * @param setUps what else is done once before all tests, by paths from the package's folder
 */
export const serverProject = (name: string, ...setUps: readonly string[]): UserProjectConfigExport =>
  packageProject(name, {
    globalSetup: [file('./postgres.ts'), ...setUps],
    setupFiles: [file('./quick-passwords.ts')],
  });
