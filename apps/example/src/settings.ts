import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey } from '@parse-factors/core';

/** Secrets that the example stores in its data folder and uses again at the next start. */
interface Secrets {
  readonly factorKeys: string;
  readonly postgresPassword: string;
}

/** The settings of the example. `readSettings` reads them from the environment. */
export interface Settings extends Secrets {
  readonly port: number;
  readonly host: string;
  readonly masterKey: string;
  /** Whether the master key was generated for this start. The example then prints it. */
  readonly isMasterKeyNew: boolean;
  readonly databaseUri: string | undefined;
  /** A Redis that stores codes and limits, in place of the database. */
  readonly redisUrl: string | undefined;
  readonly dataFolder: string;
  /** The relying party id of WebAuthn: the domain that passkeys belong to. */
  readonly rpId: string;
  /** The origins whose pages may use passkeys. Also the origins that CORS allows. */
  readonly origins: readonly string[];
  /** Whether every user must set up a second factor. */
  readonly isEnforced: boolean;
  /** Whether strangers must solve a small task before the server sends them a code. */
  readonly asksForWork: boolean;
  /** What a Prometheus sends to read `/metrics`. Without it there are no metrics. */
  readonly metricsToken: string | undefined;
  /** The endpoint that receives events, and the secret that signs them. Without it no events are sent. */
  readonly webhook: { readonly url: string; readonly secret: string } | undefined;
}

/** The example cannot start. `main.ts` prints the message without a stack trace. */
export class StartupError extends Error {}

const newToken = (): string => randomBytes(24).toString('base64url');

/** Generates the secrets at the first start. Without the same keys, no stored factor can be decrypted later. */
function loadSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o755 }); // Postgres may run as another system user
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

/** An endpoint without a secret, or a secret without an endpoint, would send nothing. So the example says what is missing. */
function readWebhook({ WEBHOOK_URL: url, WEBHOOK_SECRET: secret }: NodeJS.ProcessEnv): Settings['webhook'] {
  if (url === undefined && secret === undefined) return undefined;
  if (url === undefined) throw new StartupError('WEBHOOK_URL must be set as well, as WEBHOOK_SECRET is set.');
  if (secret === undefined) throw new StartupError('WEBHOOK_SECRET must be set as well, as WEBHOOK_URL is set.');
  return { url, secret };
}

/**
 * Reads the settings from the environment, and the secrets from the data folder.
 *
 * @throws StartupError when `PORT` is not a port, or only one of `WEBHOOK_URL` and `WEBHOOK_SECRET` is set
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const dataFolder = env['DATA_FOLDER'] ?? fileURLToPath(new URL('../.data', import.meta.url));
  const secrets = loadSecrets(dataFolder);
  const port = readPort(env['PORT']);
  return {
    ...secrets,
    factorKeys: env['FACTOR_KEYS'] ?? secrets.factorKeys,
    port,
    rpId: env['RP_ID'] ?? 'localhost',
    origins: env['ORIGINS']?.split(',') ?? [`http://localhost:${port}`],
    isEnforced: env['REQUIRE_FACTOR'] === 'true',
    asksForWork: env['PROOF_OF_WORK'] === 'true',
    metricsToken: env['METRICS_TOKEN'],
    webhook: readWebhook(env),
    host: env['HOST'] ?? '127.0.0.1',
    masterKey: env['MASTER_KEY'] ?? newToken(),
    isMasterKeyNew: env['MASTER_KEY'] === undefined,
    databaseUri: env['DATABASE_URI'],
    redisUrl: env['REDIS_URL'],
    dataFolder,
  };
}
