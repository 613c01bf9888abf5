import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TestPostgres } from '@parse-factors/test-server/postgres';
import { hasRedis } from '@parse-factors/test-server/redis';
import { benchAccount } from './account.js';
import { benchCpu } from './cpu.js';
import { benchDelivery } from './delivery.js';
import { benchFactors } from './factors.js';
import { benchFields } from './fields.js';
import { benchLoad } from './load.js';
import { benchLogin } from './login.js';
import { isKept, notRun, table, type Result } from './measure.js';
import { benchOperation } from './operation.js';
import { benchPasswordless } from './passwordless.js';
import { benchPostgresPeer, benchRedisPeer } from './peers.js';
import { benchPrune } from './prune.js';
import { benchMemoryStore, benchMongoStore, benchParseStore, benchRedisStore } from './stores.js';
import { benchVerify } from './verify.js';

process.env['SILENT'] = '1';
// Parse Server and the test helpers write warnings to stdout, which must contain the results only.
const writeResults = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const postgres = new TestPostgres();
let started: Promise<void> | undefined;
/** Starts the database when the first part needs it. */
const database = async (): Promise<string> => {
  await (started ??= postgres.start());
  return postgres.uri;
};

/** The parts of the table. Command-line arguments choose some of them. */
const PARTS: Readonly<Record<string, () => Promise<Result[]>>> = {
  memory: () => benchMemoryStore(collect),
  verify: async () => benchVerify(),
  login: async () => benchLogin(await database()),
  delivery: () => benchDelivery(),
  factors: async () => benchFactors(await database()),
  // Runs before `account`, because the triggers that `account` registers stay for all later parts.
  passwordless: async () => benchPasswordless(await database()),
  cpu: async () => benchCpu(await database()),
  mongodb: () => benchMongoStore(),
  fields: async () => benchFields(await database()),
  account: async () => benchAccount(await database()),
  parse: async () => benchParseStore(await database()),
  redis: async () => (hasRedis() ? benchRedisStore() : [notRun('Redis: not run, there is no redis-server')]),
  peers: async () => [...(await benchPostgresPeer(await database())), ...(hasRedis() ? await benchRedisPeer() : [])],
  prune: async () => benchPrune(await database()),
  load: async () => benchLoad(await database()),
  operation: async () => benchOperation(await database()),
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
writeResults(`${isJson ? JSON.stringify({ results }) : table(results)}\n`, () => process.exit(results.every(isKept) ? 0 : 1));
