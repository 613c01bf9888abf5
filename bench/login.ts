import { ScureBase32Plugin } from 'otplib';
import { totpAt } from '@parse-factors/totp';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Person } from '@parse-factors/test-server/parse-server';
import { startStageOn, type Stage } from '@parse-factors/e2e/stage';
import { median, pairedRatios, timed, type Result } from './measure.js';

/** Logins per side at every concurrency. The ratio then varies by about 0.01 between runs. */
const LOGINS = 560;
const LOGINS_PER_WORKER = 8;
const base32 = new ScureBase32Plugin();

/** A user with an authenticator. */
export interface Enrolled extends Person {
  readonly secret: string;
}

/** Returns a code by the system's clock, which the built-in adapter uses. */
export const systemTotp = (secret: string): string => {
  const parameters = { secret: base32.decode(secret), algorithm: 'SHA1', digits: 6, stepSeconds: 30 } as const;
  return totpAt(parameters, Math.floor(Date.now() / 30_000));
};

/** Signs up a user with the built-in `mfa`. */
export async function enrolBuiltIn(stage: Stage): Promise<Enrolled> {
  const person = await stage.signUp();
  const secret = base32.encode(crypto.getRandomValues(new Uint8Array(20)));
  const { status, body } = await stage.save(person, { mfa: { secret, token: systemTotp(secret) } });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return { ...person, secret };
}

async function enrolOurs(stage: Stage): Promise<Enrolled> {
  const person = await stage.signUp();
  return { ...person, secret: await stage.enrolTotp(person) };
}

const logIn = (stage: Stage, person: Person, authData?: object): Promise<number> =>
  timed(async () => {
    const { status, body } = await stage.logIn(person, authData);
    if (status !== 200) throw new Error(JSON.stringify(body));
  });

async function compareLogins(stage: Stage, concurrency: number): Promise<Result> {
  const crew = async (enrol: (stage: Stage) => Promise<Enrolled>): Promise<Enrolled[][]> => {
    const workers: Enrolled[][] = [];
    for (let worker = 0; worker < concurrency; worker += 1) {
      const people: Enrolled[] = [];
      for (let person = 0; person < LOGINS_PER_WORKER; person += 1) people.push(await enrol(stage));
      workers.push(people);
    }
    return workers;
  };
  /** Each worker logs its own users in one after another, and all workers run in parallel. */
  const shift = async (workers: readonly Enrolled[][], authData: (person: Enrolled) => object): Promise<number[]> => {
    const work = async (people: readonly Enrolled[]): Promise<number[]> => {
      const times: number[] = [];
      for (const person of people) times.push(await logIn(stage, person, authData(person)));
      return times;
    };
    return (await Promise.all(workers.map(work))).flat();
  };
  const [ours, theirs] = [await crew(enrolOurs), await crew(enrolBuiltIn)];
  const ourShift = (): Promise<number[]> => {
    stage.time.now += 30_000; // each code works once
    return shift(ours, ({ secret }) => ({ totp: stage.totp(secret) }));
  };
  const theirShift = (): Promise<number[]> => shift(theirs, ({ secret }) => ({ mfa: { token: systemTotp(secret) } }));
  // Without concurrency a login takes four times as long per round, so a quarter of the rounds is enough.
  const rounds = LOGINS / LOGINS_PER_WORKER / concurrency / (concurrency === 1 ? 4 : 1);
  await pairedRatios(2, ourShift, theirShift); // warms up
  const ratio = median(await pairedRatios(rounds, ourShift, theirShift));
  return { name: `TOTP login / built-in mfa, p50, concurrency ${concurrency}`, ratio, bound: 1.05 };
}

async function countLogins(stage: Stage): Promise<Result[]> {
  const person = await stage.signUp();
  const plain = await stage.signUp();
  const secret = await stage.enrolTotp(person);
  const { username, password } = person;
  await logIn(stage, plain);
  const passwordOnly = await countStatements(() => logIn(stage, plain));
  stage.time.now += 60_000;
  const totp = await countStatements(() => logIn(stage, person, { totp: stage.totp(secret) }));
  stage.time.now += 60_000;
  const code = stage.totp(secret);
  await stage.save(person, { totp: code });
  await stage.enrolPhone(person);
  stage.time.now += 60_000;
  await stage.challenge({ username, password, challengeData: { otp: true } });
  const delivered = await countStatements(() => logIn(stage, person, { otp: stage.lastCode(stage.sms) }));
  return [
    { name: 'SQL statements beyond a password login: TOTP', ratio: totp - passwordOnly, bound: 2 },
    { name: 'SQL statements beyond a password login: delivered code', ratio: delivered - passwordOnly, bound: 2 },
  ];
}

/** Measures logins over HTTP on a real server and database. */
export async function benchLogin(postgres: string): Promise<Result[]> {
  const mfa = { options: ['TOTP'], digits: 6, period: 30, algorithm: 'SHA1' };
  const stage = await startStageOn(postgres, { server: { auth: { mfa } } });
  try {
    return [await compareLogins(stage, 1), await compareLogins(stage, 8), ...(await countLogins(stage))];
  } finally {
    await stage.stop();
  }
}
