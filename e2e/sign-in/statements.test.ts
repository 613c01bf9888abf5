// @compat
import { parseServerMajor } from '@parse-factors/test-server/parse-server-home';
import { afterEach, expect, it } from 'vitest';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { startStage, type Stage } from '../support/harness.js';
import { MINUTE } from '../support/time.js';

let stage: Stage;
afterEach(() => stage.stop());

// Parse Server forgets roles after five seconds, and asks for them again.
const start = async (install: boolean): Promise<void> => {
  stage = await startStage({ install, server: { cacheTTL: 600_000 } });
};

it('the guard costs two statements more at every login: it looks at the account once its session is stored, and notes the device', async () => {
  const counts: number[] = [];
  for (const install of [false, true]) {
    await start(install);
    const person = await stage.signUp();
    await stage.logIn(person); // what only a server's first login costs
    counts.push(await countStatements(() => stage.logIn(person)));
    if (!install) await stage.stop();
  }
  expect((counts[1] ?? 0) - (counts[0] ?? 0)).toBe(2);
});

it.each([false, true])(
  'a login with a code costs one statement more than one with the password alone, an authenticator two, with the guard: %s',
  async (install) => {
    await start(install);
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
    stage.time.now += MINUTE;
    await stage.save(person, { totp: stage.totp(secret) });
    await stage.enrolPhone(person);
    stage.time.now += MINUTE;
    await stage.challenge({ username, password, challengeData: { otp: true } });
    expect((await count(() => stage.logIn(person, { otp: stage.lastCode(stage.sms) }))) - passwordOnly).toBe(1);
  },
);

it('setting up a factor looks once at its session, and changing it twice; each is noted in the session', async () => {
  await start(true);
  const person = await stage.signUp();
  const count = (body: object): Promise<number> =>
    countStatements(async () => {
      expect((await stage.call('PUT', `/users/${person.id}`, body, person.session)).status).toBe(200);
    });
  const begin = async (): Promise<string> => {
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    return stage.totp((body['challengeData'].totp as { secret: string }).secret);
  };
  await count({ nickname: 'Ann' }); // what only a server's first save costs
  const plain = await count({ nickname: 'Bea' });
  const counts = [await count({ authData: { totp: await begin() } })];
  stage.time.now += MINUTE;
  counts.push(await count({ authData: { totp: await begin() } }), await count({ authData: { totp: null } }));
  // Parse Server 9 reads the user's row once more.
  const one = parseServerMajor === 8 ? 0 : 1;
  expect(counts.map((statements) => statements - plain - one)).toEqual([9, 13, 10]);
});
