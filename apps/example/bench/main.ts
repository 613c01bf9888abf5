import { TestPostgres } from '../../../tools/postgres.js';
import { benchAccount } from './account.js';
import { benchLogin } from './login.js';
import { table } from './measure.js';
import { benchPasswordless } from './passwordless.js';
import { benchVerify } from './verify.js';

process.env['SILENT'] = '1';
const postgres = new TestPostgres();
await postgres.start();
const results = [
  ...benchVerify(),
  ...(await benchLogin(postgres.uri)),
  ...(await benchAccount(postgres.uri)),
  ...(await benchPasswordless(postgres.uri)),
];
await postgres.remove();
process.stdout.write(`${process.argv.includes('--json') ? JSON.stringify({ results }) : table(results)}\n`);
process.exit(results.every(({ ratio, bound }) => ratio <= bound) ? 0 : 1);
