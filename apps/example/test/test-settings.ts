import { generateKey } from '@parse-factors/core';
import type { Settings } from '../src/settings.js';

const PORT = 1337;

/** The example's settings without any environment variable, for a server that keeps nothing in a folder. */
export const testSettings = ({ port = PORT, ...more }: Partial<Settings> = {}): Settings => ({
  port,
  host: '127.0.0.1',
  masterKey: 'the master key of the test',
  isMasterKeyNew: false,
  factorKeys: generateKey('test'),
  postgresPassword: '',
  databaseUri: undefined,
  redisUrl: undefined,
  dataFolder: '',
  rpId: 'localhost',
  origins: [`http://localhost:${port}`],
  isEnforced: false,
  asksForWork: false,
  metricsToken: undefined,
  webhook: undefined,
  ...more,
});
