import type { CloudRequest } from '@parse-factors/core';
import type { Person } from '@parse-factors/test-server/parse-server';
import { startStageOn, type Stage } from '@parse-factors/e2e/stage';
import { p99, pool, type Result } from './measure.js';
import { fillDead } from './stores.js';

const DEAD = 100_000;
const PEOPLE = 48;
const CONCURRENCY = 8;
const ROUNDS = 2;

/** Compares logins during a clean-up with logins without one. */
export async function benchPrune(postgres: string): Promise<Result[]> {
  let config: CloudRequest['config'] | undefined;
  const cloud = ({ Cloud }: { Cloud: { define(name: string, work: (request: CloudRequest) => void): void } }): void =>
    Cloud.define('config', (request) => {
      config = request.config;
    });
  const stage = await startStageOn(postgres, { server: { cloud } });
  try {
    await stage.call('POST', '/functions/config', {});
    if (config === undefined) throw new Error('no config');
    const given = config;
    const people: (Person & { secret: string })[] = [];
    for (let index = 0; index < PEOPLE; index += 1) {
      const person = await stage.signUp();
      people.push({ ...person, secret: await stage.enrolTotp(person) });
    }
    const quiet: number[] = [];
    const busy: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      quiet.push(...(await logIn(stage, people)), ...(await logIn(stage, people)));
      await fillDead(given.database, DEAD);
      const clean: { pruned?: number } = {};
      const pruning = stage.factors.prune({ config: given }).then((pruned) => {
        clean.pruned = pruned;
      });
      while (clean.pruned === undefined) busy.push(...(await logIn(stage, people, () => clean.pruned === undefined)));
      await pruning;
      if (clean.pruned < DEAD) throw new Error(`only ${clean.pruned} were pruned`);
    }
    return [
      {
        name: `logins while ${DEAD} dead rows are pruned / otherwise, p99, concurrency ${CONCURRENCY}`,
        ratio: p99(busy) / p99(quiet),
        bound: 2,
      },
    ];
  } finally {
    await stage.stop();
  }
}

async function logIn(stage: Stage, people: readonly (Person & { secret: string })[], isWanted = () => true): Promise<number[]> {
  stage.time.now += 30_000;
  const times: number[] = [];
  const logins = people.map((person) => async () => {
    if (!isWanted()) return;
    const start = performance.now();
    const { status, body } = await stage.logIn(person, { totp: stage.totp(person.secret) });
    if (status !== 200) throw new Error(JSON.stringify(body));
    times.push(performance.now() - start);
  });
  await pool(CONCURRENCY, logins);
  return times;
}
