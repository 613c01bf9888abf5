import { defineProject, type UserProjectConfigExport } from 'vitest/config';

const condition = '@parse-factors/source';

/** How a package is tested: on the source of its siblings, so that nothing has to be built first. */
export const packageProject = (name: string): UserProjectConfigExport =>
  defineProject({
    ssr: { resolve: { conditions: [condition] } },
    test: {
      name,
      environment: 'node',
      include: ['{src,test}/**/*.test.ts'],
      globalSetup: [new URL('./postgres.ts', import.meta.url).pathname],
      env: { PARSE_SERVER_LOGS_FOLDER: 'null', SILENT: '1' },
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  });
