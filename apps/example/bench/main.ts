import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TestPostgres } from '../../../tools/postgres.js';
import { hasRedis } from '../../../tools/redis.js';
import { benchAccount } from './account.js';
import { benchFactors } from './factors.js';
import { benchFields } from './fields.js';
import { benchLoad } from './load.js';
import { benchLogin } from './login.js';
import { isKept, table, type Result } from './measure.js';
import { benchPasswordless } from './passwordless.js';
import { benchPrune } from './prune.js';
import { benchMemoryStore, benchParseStore, benchRedisStore } from './stores.js';
import { benchVerify } from './verify.js';

process.env['SILENT'] = '1';
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const postgres = new TestPostgres();
await postgres.start();

/** The parts of the table; an argument of the command chooses one of them. */
const PARTS: Readonly<Record<string, () => Promise<Result[]>>> = {
  memory: () => benchMemoryStore(collect),
  verify: async () => benchVerify(),
  login: () => benchLogin(postgres.uri),
  factors: () => benchFactors(postgres.uri),
  // Triggers that `account` registers stay for all that runs after it.
  passwordless: () => benchPasswordless(postgres.uri),
  fields: () => benchFields(postgres.uri),
  account: () => benchAccount(postgres.uri),
  parse: () => benchParseStore(postgres.uri),
  redis: async () => (hasRedis() ? benchRedisStore() : []),
  prune: () => benchPrune(postgres.uri),
  load: () => benchLoad(postgres.uri),
};

const chosen = process.argv.slice(2).filter((argument) => Object.hasOwn(PARTS, argument));
const isJson = process.argv.includes('--json');
const results: Result[] = [];
for (const [name, part] of Object.entries(PARTS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const start = performance.now();
  results.push(...(await part()));
  if (!isJson) process.stderr.write(`${name}: ${Math.round((performance.now() - start) / 1000)} s\n`);
}
await postgres.remove();
process.stdout.write(`${isJson ? JSON.stringify({ results }) : table(results)}\n`);
process.exit(results.every(isKept) ? 0 : 1);
