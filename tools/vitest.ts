import { defineProject, type UserProjectConfigExport } from 'vitest/config';

const condition = '@parse-factors/source';

/**
 * How a package is tested: on the source of its siblings, so that nothing has to be built first.
 *
 * @param setUps what else is done once before all tests, by paths from the package's folder
 */
export const packageProject = (name: string, ...setUps: readonly string[]): UserProjectConfigExport =>
  defineProject({
    ssr: { resolve: { conditions: [condition] } },
    test: {
      name,
      environment: 'node',
      include: ['{src,test}/**/*.test.ts'],
      globalSetup: [new URL('./postgres.ts', import.meta.url).pathname, ...setUps],
      env: { PARSE_SERVER_LOGS_FOLDER: 'null', SILENT: '1' },
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  });
