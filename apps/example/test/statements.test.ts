import { afterAll, beforeAll, expect, it } from 'vitest';
import { countStatements } from '../../../tools/count-statements.js';
import type { Answer } from '../../../tools/parse-server.js';
import { startStage, type Stage } from './harness.js';

let stage: Stage;
beforeAll(async () => {
  // Parse Server forgets roles after five seconds, and asks for them again.
  stage = await startStage({ server: { cacheTTL: 600_000 } });
});
afterAll(() => stage.stop());

it('a login with a factor takes two SQL statements more than one with the password alone', async () => {
  const [plain, person] = [await stage.signUp(), await stage.signUp()];
  const secret = await stage.enrolTotp(person);
  const { username, password } = person;
  const count = (logIn: () => Promise<Answer>): Promise<number> =>
    countStatements(async () => {
      expect((await logIn()).status).toBe(200);
    });
  await stage.logIn(plain); // what only a server's first login costs
  const passwordOnly = await count(() => stage.logIn(plain));
  expect((await count(() => stage.logIn(person, { totp: stage.totp(secret) }))) - passwordOnly).toBe(2);
  stage.time.now += 60_000;
  await stage.save(person, { totp: stage.totp(secret) });
  await stage.enrolPhone(person);
  stage.time.now += 60_000;
  await stage.challenge({ username, password, challengeData: { otp: true } });
  expect((await count(() => stage.logIn(person, { otp: stage.lastCode(stage.sms) }))) - passwordOnly).toBe(2);
});
