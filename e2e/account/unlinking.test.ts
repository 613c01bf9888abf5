import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { OPEN_PROVIDER } from '../support/providers.js';
import { storedKeys } from '../support/rows.js';

/** A provider that anybody who knows the word may link. */
const ROUNDS = 6;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ install: true, server: { auth: { foo: OPEN_PROVIDER, bar: OPEN_PROVIDER } } });
});
afterAll(() => stage.stop());

const stored = (person: Person): Promise<string[]> => storedKeys(stage, person);

/** Does something while the same user's sessions unlink a provider again and again. */
async function whileUnlinking<Result>(person: Person, provider: string, work: () => Promise<Result>): Promise<Result> {
  const end = new AbortController();
  const unlink = async (): Promise<void> => {
    while (!end.signal.aborted) await stage.save(person, { [provider]: null });
  };
  const others = Promise.all(Array.from({ length: 4 }, unlink));
  return work().finally(async () => {
    end.abort();
    await others;
  });
}

/** On some versions of Parse Server, removing one provider on Postgres empties all of `authData`. */
describe('unlinking a provider', () => {
  it('unlinking a provider leaves the other providers and the factors', async () => {
    const person = await stage.signUp();
    for (const provider of ['foo', 'bar']) expect((await stage.save(person, { [provider]: { id: person.id } })).status).toBe(200);
    await stage.enrolTotp(person);
    const secret = (await stage.save(person, { foo: null })).status; // within the time that setting it up was a proof
    expect([secret, await stored(person)]).toEqual([200, ['bar', 'totp']]);
  });

  it('unlinking a provider, linked or not, loses no factor that is set up meanwhile', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const person = await stage.signUp();
      const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
      const { secret } = body['challengeData'].totp as { secret: string };
      const set = await whileUnlinking(person, 'foo', () => stage.save(person, { totp: stage.totp(secret) }));
      expect([set.status, await stored(person)]).toEqual([200, ['totp']]);
      expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData totp');
    }
  });

  it('unlinking a provider brings back none that is unlinked at the same moment', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const person = await stage.signUp();
      for (const provider of ['foo', 'bar']) await stage.save(person, { [provider]: { id: person.id } });
      const answers = await Promise.all([stage.save(person, { foo: null }), stage.save(person, { bar: null })]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(await stored(person)).toEqual([]);
    }
  });

  it('unlinking a provider while setting up a factor shows nothing that is stored', async () => {
    const person = await stage.signUp();
    await stage.save(person, { foo: { id: person.id } });
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    const { secret } = body['challengeData'].totp as { secret: string };
    const answer = await stage.save(person, { totp: stage.totp(secret), phoneLogin: null, foo: null });
    expect([answer.status, slug(answer)]).toEqual([200, 'undefined']);
    expect(JSON.stringify(answer.body)).not.toContain('sealed');
    expect(await stored(person)).toEqual(['totp']);
    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData totp');
  });
});
