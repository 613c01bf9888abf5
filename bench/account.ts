import type { PolicyOption } from '@parse-factors/core';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { startStageOn, type Stage } from '@parse-factors/e2e/stage';
import type { Result } from './measure.js';

const ok = (answer: Answer): Answer => {
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer;
};

async function onStage<Counts>(postgres: string, policy: PolicyOption, work: (stage: Stage) => Promise<Counts>): Promise<Counts> {
  const more = { device: new TrustedDeviceFactor() };
  const stage = await startStageOn(postgres, { install: true, compose: { policy }, more });
  try {
    return await work(stage);
  } finally {
    await stage.stop();
  }
}

/** Counts the SQL statements of a login with two factors. The second login counts, when schemas and roles are cached. */
async function countTwoFactors(stage: Stage): Promise<number> {
  const person = await stage.signUp();
  const secret = await stage.enrolTotp(person);
  await stage.enrolPhone(person);
  const { username, password } = person;
  let statements = 0;
  for (let login = 0; login < 2; login += 1) {
    stage.time.now += 60_000;
    ok(await stage.challenge({ username, password, challengeData: { otp: true } }));
    const authData = { otp: stage.lastCode(stage.sms), totp: stage.totp(secret) };
    statements = await countStatements(async () => ok(await stage.logIn(person, authData)));
  }
  return statements;
}

/** Counts the SQL statements that a login with a trusted device adds to a password login. */
async function countDevice(stage: Stage): Promise<number> {
  const [plain, person] = [await stage.signUp(), await stage.signUp()];
  await stage.enrolTotp(person);
  const remember = { device: { remember: 'true', name: 'Bench' } };
  let { token } = ok(await stage.save(person, remember)).body['authDataResponse'].device as { token: string };
  const use = async (): Promise<void> => {
    token = ok(await stage.logIn(person, { device: { token } })).body['authDataResponse'].device.token as string;
  };
  await use();
  await stage.logIn(plain);
  return (await countStatements(use)) - (await countStatements(() => stage.logIn(plain)));
}

/** Counts the SQL statements that a Cloud function with a step-up proof adds to one without. */
async function countFresh(stage: Stage): Promise<number> {
  const person = await stage.signUp();
  const secret = await stage.enrolTotp(person);
  ok(await stage.save(person, { totp: stage.totp(secret) }));
  const run = (name: string, by: Person) => async (): Promise<Answer> =>
    ok(await stage.call('POST', `/functions/${name}`, {}, by.session));
  const [plain, sensitive] = [run('plain', person), run('sensitive', person)];
  await plain();
  return (await countStatements(sensitive)) - (await countStatements(plain));
}

/** Measures the SQL statements that protect an account. */
export async function benchAccount(postgres: string): Promise<Result[]> {
  const lax = await onStage(postgres, 'any', async (stage) => ({
    logIn: await countTwoFactors(stage),
    device: await countDevice(stage),
    fresh: await countFresh(stage),
  }));
  const all = await onStage(postgres, 'all', countTwoFactors);
  const byRole = await onStage(postgres, { byRole: { staff: 'all' } }, countTwoFactors);
  return [
    { name: 'SQL statements beyond a password login: trusted device', ratio: lax.device, bound: 2 },
    { name: 'SQL statements of a policy: all', ratio: all - lax.logIn, bound: 0 },
    { name: 'SQL statements of a policy: by role, once roles are cached', ratio: byRole - lax.logIn, bound: 0 },
    { name: 'SQL statements of requireFresh', ratio: lax.fresh, bound: 1 },
  ];
}
