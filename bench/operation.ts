import { StandIn } from '@parse-factors/test-server/provider-stand-in';
import { LoadServer } from './load.js';
import { pairedTimes, type Result } from './measure.js';
import { LoadClient } from './passwordless.js';

const CONCURRENCY = 8;
const PEOPLE_PER_WORKER = 8;
const WARM_ROUNDS = 25;
const ROUNDS = 60;
/** A throughput of at least 0.95. */
const BOUND = 1.053;
/** Two processes of the same code differ by some per cent, so a row with a bound adds up this many pairs. */
const PAIRS = 5;

/**
 * What an operator can switch on, alone and together. The webhook receives the events that its page names; `every-event` sends all
 * events, three for each login here.
 */
const SETTINGS = ['metrics', 'events', 'webhook', 'all', 'every-event'] as const;

export type OperationSetting = (typeof SETTINGS)[number];

/** Compares passwordless logins with what an operator switches on, and without. */
export async function benchOperation(postgres: string): Promise<Result[]> {
  const endpoint = new StandIn();
  endpoint.answer = { status: 200, body: '{}' };
  endpoint.onRequest = () => void (endpoint.received.length = 0);
  const url = await endpoint.start();
  const results: Result[] = [];
  for (const setting of SETTINGS) {
    const bound = setting === 'all' ? BOUND : null;
    const rounds = [];
    for (let pair = 0; pair < (bound === null ? 1 : PAIRS); pair += 1) rounds.push(...(await compare(postgres, setting, url)));
    const ratio = sum(rounds.map(([our]) => our)) / sum(rounds.map(([, their]) => their));
    results.push({ name: `logins with ${setting} / without, concurrency ${CONCURRENCY}`, ratio, bound });
  }
  endpoint.stop();
  return results;
}

/** Returns the times of rounds with the setting, and without. */
async function compare(postgres: string, setting: OperationSetting, endpoint: string): ReturnType<typeof pairedTimes> {
  const client = new LoadClient();
  const tell = (to: string, code: string): void => client.tell({ to, code });
  const servers = [new LoadServer(postgres, tell, { setting, endpoint }), new LoadServer(postgres, tell)];
  try {
    const sides = [];
    for (const [index, server] of servers.entries()) {
      const url = await server.started();
      const people = Array.from({ length: CONCURRENCY }, (_, worker) =>
        Array.from({ length: PEOPLE_PER_WORKER }, (_none, person) => `operation${index}x${worker}x${person}@example.com`),
      );
      sides.push(async (): Promise<number[]> => {
        server.ask({ ask: 'advance' });
        return [await client.shift(url, 'emailLogin', people)];
      });
    }
    const [ours, theirs] = sides;
    if (ours === undefined || theirs === undefined) throw new Error('a server is missing');
    await pairedTimes(WARM_ROUNDS, ours, theirs); // signs them up, and warms up
    return await pairedTimes(ROUNDS, ours, theirs);
  } finally {
    client.stop();
    for (const server of servers) server.stop();
  }
}

const sum = (times: readonly number[]): number => times.reduce((total, time) => total + time, 0);
