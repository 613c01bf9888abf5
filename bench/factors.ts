import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { startStageOn, type Stage } from '@parse-factors/e2e/stage';
import { enrolBuiltIn, systemTotp } from './login.js';
import { median, p99, pool, type Result } from './measure.js';

const PEOPLE = 32;
const ROUNDS = 2;

/** A user with every factor, and their answers. */
interface Equipped extends Person {
  readonly secret: string;
  readonly phone: string;
  readonly codes: string[];
  token: string;
}

const ok = (answer: Answer): Answer => {
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer;
};

async function equip(stage: Stage, index: number): Promise<Equipped> {
  const person = await stage.signUp();
  const secret = await stage.enrolTotp(person);
  const phone = `+1555777${String(index).padStart(4, '0')}`;
  await stage.enrolPhone(person, phone);
  await stage.enrolEmail(person);
  const device = ok(await stage.save(person, { device: { remember: 'true', name: 'Bench' } }));
  const recovery = ok(await stage.save(person, { recovery: { generate: 'true' } }));
  const codes = String(recovery.body['authDataResponse'].recovery.codes).split(', ');
  return { ...person, secret, phone, codes, token: String(device.body['authDataResponse'].device.token) };
}

/** The logins of each side. Requesting challenges is not timed. */
function sidesOf(
  stage: Stage,
  equipped: readonly Equipped[],
  plain: readonly Person[],
  builtIn: readonly (Person & { secret: string })[],
) {
  const asked =
    (key: 'otp' | 'email') =>
    async (person: Equipped): Promise<object> => {
      const { username, password } = person;
      ok(await stage.challenge({ username, password, challengeData: { [key]: true } }));
      return { [key]: stage.lastCode(key === 'otp' ? stage.sms : stage.mail) };
    };
  const side =
    <Who extends Person>(
      people: readonly Who[],
      answer: (person: Who) => Promise<object | undefined>,
      after?: (person: Who, login: Answer) => void,
    ) =>
    async (concurrency: number): Promise<number[]> => {
      stage.time.now += 11 * 60_000;
      const logins: (() => Promise<unknown>)[] = [];
      for (const person of people) {
        const authData = await answer(person);
        logins.push(async () => {
          const login = ok(await stage.logIn(person, authData));
          after?.(person, login);
        });
      }
      return pool(concurrency, logins);
    };
  return {
    password: side(plain, async () => undefined),
    mfa: side(builtIn, async ({ secret }) => ({ mfa: { token: systemTotp(secret) } })),
    totp: side(equipped, async ({ secret }) => ({ totp: stage.totp(secret) })),
    otp: side(equipped, asked('otp')),
    email: side(equipped, asked('email')),
    recovery: side(equipped, async ({ codes }) => ({ recovery: codes.pop() })),
    device: side(
      equipped,
      async ({ token }) => ({ device: { token } }),
      (person, { body }) => {
        person.token = String(body['authDataResponse'].device.token);
      },
    ),
  };
}

/** Compares logins with each factor with password-only logins and with the built-in `mfa`. */
export async function benchFactors(postgres: string): Promise<Result[]> {
  const mfa = { options: ['TOTP'], digits: 6, period: 30, algorithm: 'SHA1' };
  const unlimited = { maxSendsPer10Minutes: 100, maxSendsPerDay: 1000, maxSendsPerIp: 1_000_000 };
  const stage = await startStageOn(postgres, {
    install: true,
    sms: unlimited,
    mail: unlimited,
    more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
    server: { auth: { mfa } },
  });
  try {
    const equipped: Equipped[] = [];
    const plain: Person[] = [];
    const builtIn: (Person & { secret: string })[] = [];
    for (let index = 0; index < PEOPLE; index += 1) {
      equipped.push(await equip(stage, index));
      plain.push(await stage.signUp());
      builtIn.push(await enrolBuiltIn(stage));
    }
    const sides = sidesOf(stage, equipped, plain, builtIn);
    const results: Result[] = [];
    for (const concurrency of [1, 8, 32]) {
      const times: Record<string, number[]> = {};
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const [name, run] of Object.entries(sides)) times[name] = [...(times[name] ?? []), ...(await run(concurrency))];
      }
      for (const name of Object.keys(sides).filter((candidate) => !['password', 'mfa'].includes(candidate))) {
        for (const other of ['password', 'mfa']) {
          for (const [label, measure] of [
            ['p50', median],
            ['p99', p99],
          ] as const) {
            const ratio = measure(times[name] ?? []) / measure(times[other] ?? []);
            results.push({
              name: `login with ${name} / ${other} only, ${label}, concurrency ${concurrency}`,
              ratio,
              bound: null,
            });
          }
        }
      }
    }
    return results;
  } finally {
    await stage.stop();
  }
}
