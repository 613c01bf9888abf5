import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey } from '@parse-factors/core';

/** What the example keeps between starts, beside its database. */
interface Secrets {
  readonly factorKeys: string;
  readonly postgresPassword: string;
}

/** How the example runs. */
export interface Settings extends Secrets {
  readonly port: number;
  readonly host: string;
  readonly masterKey: string;
  /** Whether the master key was made for this start, and so has to be shown. */
  readonly isMasterKeyNew: boolean;
  readonly databaseUri: string | undefined;
  /** Where codes and limits are kept instead of in the database. */
  readonly redisUrl: string | undefined;
  readonly dataFolder: string;
  /** The domain that passkeys belong to. */
  readonly rpId: string;
  /** Where passkeys may be used. */
  readonly origins: readonly string[];
  /** Whether everybody has to have a second factor. */
  readonly isEnforced: boolean;
}

/** Something to be told in a sentence instead of a stack. */
export class StartupError extends Error {}

const newToken = (): string => randomBytes(24).toString('base64url');

/** Keys are made once: without them nobody's factors open. */
function keepSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o755 }); // the database's own user has to reach its folder
    const month = new Date().toISOString().slice(0, 7);
    const secrets: Secrets = { factorKeys: generateKey(month), postgresPassword: newToken() };
    writeFileSync(file, JSON.stringify(secrets, undefined, 2), { mode: 0o600, flag: 'wx' });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? 1337);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new StartupError('PORT must be a number from 1 to 65535.');
  return port;
}

/** Reads the environment, and what was kept at the first start. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const dataFolder = env['DATA_FOLDER'] ?? fileURLToPath(new URL('../.data', import.meta.url));
  const kept = keepSecrets(dataFolder);
  const port = readPort(env['PORT']);
  return {
    ...kept,
    factorKeys: env['FACTOR_KEYS'] ?? kept.factorKeys,
    port,
    rpId: env['RP_ID'] ?? 'localhost',
    origins: env['ORIGINS']?.split(',') ?? [`http://localhost:${port}`],
    isEnforced: env['REQUIRE_FACTOR'] === 'true',
    host: env['HOST'] ?? '127.0.0.1',
    masterKey: env['MASTER_KEY'] ?? newToken(),
    isMasterKeyNew: env['MASTER_KEY'] === undefined,
    databaseUri: env['DATABASE_URI'],
    redisUrl: env['REDIS_URL'],
    dataFolder,
  };
}
