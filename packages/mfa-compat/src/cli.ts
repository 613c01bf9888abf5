#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { runMfaMigration } from './run-mfa-migration.js';

const USAGE = `parse-factors-mfa-migrate --server-url <url> --app-id <id> [--batch <1 to 1000>] [--apply]

Moves the users of "mfa" to other factors, batch by batch, by the Cloud function that installMfaMigration
defines. Without --apply nothing is written. The master key is taken from PARSE_SERVER_MASTER_KEY. May be
ended and started again at any time. Ends with status 1 when users were left.`;

const OPTIONS = {
  'server-url': { type: 'string' },
  'app-id': { type: 'string' },
  batch: { type: 'string', default: '100' },
  apply: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const { 'server-url': serverUrl, 'app-id': appId, batch, apply, help } = values;
  const masterKey = process.env['PARSE_SERVER_MASTER_KEY'];
  const isSound = serverUrl !== undefined && appId !== undefined && /^[1-9][0-9]{0,3}$/.test(batch) && Number(batch) <= 1000;
  if (help || !isSound) {
    process.stderr.write(`${USAGE}\n`);
    return help ? 0 : 2;
  }
  if (masterKey === undefined || masterKey === '') {
    process.stderr.write('PARSE_SERVER_MASTER_KEY is not set.\n');
    return 2;
  }
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const left = await runMfaMigration({ serverUrl, appId, masterKey, limit: Number(batch), apply, print });
  return left > 0 ? 1 : 0;
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (fault: unknown) => {
    process.stderr.write(`${fault instanceof Error ? fault.message : 'unknown fault'}\n`);
    process.exitCode = 2;
  },
);
