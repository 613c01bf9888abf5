import { once } from 'node:events';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { startStageOn, type Stage } from '@parse-factors/e2e/stage';
import type { LoadMessage } from './load-client.js';
import { median, pairedRatios, timed, type Result } from './measure.js';
import { naiveAdapter } from './naive-adapter.js';

const CONCURRENCY = 8;
const FLOWS_PER_WORKER = 8;
const ROUNDS = 15;
const GUESSES = 30;

/** No limits, because the benchmark uses every address again and again. */
const UNLIMITED = { maxSendsPerIp: 1_000_000, maxSendsPer10Minutes: 100, maxSendsPerDay: 1000, maxFailures: 100 };

const ok = (answer: Answer): Answer => {
  if (answer.status > 201) throw new Error(JSON.stringify(answer.body));
  return answer;
};

const ask = (stage: Stage, email: string): Promise<Answer> => stage.challenge({ challengeData: { emailLogin: { email } } });
const use = (stage: Stage, id: string, code: string): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { emailLogin: { id, code } } });

/** Requests a code and logs in with it. */
async function signIn(stage: Stage, codes: ReadonlyMap<string, string>, email: string): Promise<void> {
  ok(await ask(stage, email));
  ok(await use(stage, email, codes.get(email) ?? ''));
}

const addresses = (name: string): string[][] =>
  Array.from({ length: CONCURRENCY }, (_, worker) =>
    Array.from({ length: FLOWS_PER_WORKER }, (_none, person) => `${name}${worker}x${person}@example.com`),
  );

/** A client in its own process, which signs users in as fast as the server allows. */
export class LoadClient {
  readonly #process = fork(fileURLToPath(new URL('./load-client.ts', import.meta.url)));

  tell(message: LoadMessage): void {
    this.#process.send(message);
  }

  /** Returns how long it takes to sign in all users, in milliseconds. Each worker signs its users in one after another. */
  async shift(url: string, key: string, people: readonly (readonly string[])[]): Promise<number> {
    const done = once(this.#process, 'message') as Promise<[{ readonly milliseconds?: number; readonly error?: string }]>;
    this.tell({ url, key, people });
    const [{ milliseconds, error }] = await done;
    if (milliseconds === undefined) throw new Error(error);
    return milliseconds;
  }

  stop(): void {
    this.#process.kill();
  }
}

async function compareThroughput(stage: Stage, client: LoadClient): Promise<Result> {
  const side = (key: string) => {
    const people = addresses(key.toLowerCase());
    return async (): Promise<number[]> => {
      stage.time.now += 60_000; // longer than the cooldown
      return [await client.shift(stage.url, key, people)];
    };
  };
  const [ours, theirs] = [side('emailLogin'), side('naive')];
  await pairedRatios(2, ours, theirs); // signs them up, and warms up
  const ratio = median(await pairedRatios(ROUNDS, ours, theirs));
  return { name: 'passwordless challenge and login / written naively, concurrency 8', ratio, bound: 0.75 };
}

async function count(stage: Stage, codes: ReadonlyMap<string, string>): Promise<Result[]> {
  const email = 'counted@example.com';
  await signIn(stage, codes, email);
  stage.time.now += 60_000;
  const challenge = await countStatements(() => ask(stage, email));
  const login = await countStatements(() => use(stage, email, codes.get(email) ?? ''));
  return [
    { name: 'SQL statements of a passwordless challenge', ratio: challenge, bound: 2 },
    { name: 'SQL statements of a passwordless login', ratio: login, bound: 6 },
  ];
}

/** Measures whether response times reveal known addresses (user enumeration, CWE-204): medians of alternating requests. */
async function compareTimes(stage: Stage, codes: ReadonlyMap<string, string>): Promise<Result[]> {
  const people = Array.from({ length: GUESSES }, (_, index) => `known${index}@example.com`);
  for (const email of people) await signIn(stage, codes, email);
  let strangers = 0;
  const stranger = (): string => `unknown${(strangers += 1)}@example.com`;
  const compare = async (request: (email: string) => Promise<Answer>): Promise<number> => {
    const side = (chosen: () => readonly string[]) => async (): Promise<number[]> => {
      stage.time.now += 60_000;
      const times: number[] = [];
      for (const email of chosen()) times.push(await timed(() => request(email)));
      return times;
    };
    const known = side(() => people);
    const unknown = side(() => people.map(stranger));
    return median(await pairedRatios(ROUNDS, known, unknown));
  };
  return [
    { name: 'challenge: known / unknown address, p50', ratio: await compare((email) => ask(stage, email)), bound: 1.1 },
    {
      name: 'wrong code: known / unknown address, p50',
      ratio: await compare((email) => use(stage, email, '000000')),
      bound: 1.1,
    },
  ];
}

/** Measures passwordless sign-in with a code, over HTTP on a real server and database. */
export async function benchPasswordless(postgres: string): Promise<Result[]> {
  const client = new LoadClient();
  const codes = new Map<string, string>();
  const keep = (to: string, code: string): void => {
    codes.set(to, code);
    client.tell({ to, code });
  };
  const stage = await startStageOn(postgres, {
    compose: { maxAttemptsPerIp: 1_000_000 },
    emailLogin: { channel: ({ to, code }) => keep(to, code), ...UNLIMITED },
    server: { auth: { naive: naiveAdapter(keep) }, trustProxy: true },
  });
  try {
    return [await compareThroughput(stage, client), ...(await count(stage, codes)), ...(await compareTimes(stage, codes))];
  } finally {
    client.stop();
    await stage.stop();
  }
}
