import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startMongo, type TestMongo } from '@parse-factors/test-server/mongo';
import { slug } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { startStageOn, type Stage, type StageOptions } from '../support/stage.js';

/** What is different on MongoDB. All other suites run on it too, see CONTRIBUTING.md. */

let mongo: TestMongo;
let stage: Stage;
const start = async (options: StageOptions = {}, query = ''): Promise<void> => {
  const { uri } = mongo;
  stage = await startStageOn(query === '' ? uri : `${uri}${uri.includes('?') ? '&' : '/?'}${query}`, options);
};
beforeAll(async () => {
  mongo = await startMongo();
});
afterEach(() => stage.stop());
afterAll(() => mongo.stop());

describe('a server on MongoDB', () => {
  it('logs nothing where twenty requests at once are refused', async () => {
    const logged: string[] = [];
    const loggerAdapter = { log: (level: string, message: string) => logged.push(`${level} ${message}`), query: () => undefined };
    await start({ server: { silent: false, loggerAdapter } });
    const person = await stage.signUp();
    await stage.enrolPhone(person);
    const { username, password } = person;
    const ask = { username, password, challengeData: { otp: true } };
    logged.length = 0;
    const answers = await Promise.all(Array.from({ length: 20 }, () => stage.challenge(ask)));
    expect(answers.map(slug).filter((answer) => answer === 'cooldown')).toHaveLength(19); // one is sent
    const unknown = { emailLogin: { id: 'unknown@example.com', code: '000000' } };
    await Promise.all(Array.from({ length: 20 }, () => stage.call('POST', '/users', { authData: unknown })));
    expect(logged.filter((line) => /duplicate key|E11000/i.test(line))).toEqual([]);
  });

  it('reports that Parse Server reads from secondaries, and nothing else', async () => {
    const server = { protectedFields: { _User: { '*': ['authData'] } } };
    await start({ install: true, server });
    expect(await stage.factors.check()).toEqual([]);
    await stage.stop();
    await start({ install: true, server }, 'readPreference=secondaryPreferred');
    expect((await stage.factors.check()).map(({ reason }) => reason)).toEqual(['reads_from_secondaries']);
  });

  it('makes a class anew, closed and empty, that an administrator deleted and a stranger wrote', async () => {
    await start({ server: { allowClientClassCreation: true } });
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const drop = await stage.call('DELETE', '/purge/FactorState', undefined, MASTER);
    expect(drop.status).toBe(200);
    expect((await stage.call('DELETE', '/schemas/FactorState', undefined, MASTER)).status).toBe(200);
    await stage.call('POST', '/classes/FactorState', { attempts: 1 });
    const guesses = await Promise.all(Array.from({ length: 20 }, () => stage.logIn(person, { totp: '000000' })));
    expect(guesses.map(slug).filter((answer) => answer === 'code_rejected').length).toBeLessThanOrEqual(10);
    const read = await stage.call('GET', '/classes/FactorState');
    expect(read.body['error']).toMatch(/permission denied/i);
  });

  it.runIf((process.env['MONGODB_URI'] ?? '') === '')(
    'refuses in time while MongoDB is away, and counts nothing later',
    async () => {
      await start();
      const person = await stage.signUp();
      const secret = await stage.enrolTotp(person);
      const away = (command: Readonly<Record<string, unknown>>): boolean => Object.values(command).includes('FactorState');
      const back = mongo.standIn?.refuse(away, { code: 10_107, codeName: 'NotWritablePrimary', message: 'not primary' });
      for (let attempt = 0; attempt < 3; attempt += 1)
        expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('unavailable');
      back?.();
      expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    },
  );
});
