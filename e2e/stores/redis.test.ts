// @compat
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasRedis } from '@parse-factors/test-server/redis';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, type Stage } from '../support/harness.js';
import { startRedisStage, type RedisStage } from '../support/redis-stage.js';
import { MINUTE } from '../support/time.js';

describe.skipIf(!hasRedis())('a server that keeps its codes in Redis', () => {
  let kept: RedisStage;
  let stage: Stage;
  beforeAll(async () => {
    kept = await startRedisStage(500);
    ({ stage } = kept);
  });
  afterAll(() => kept.stop());

  const ask = (email: string): Promise<Answer> => stage.challenge({ challengeData: { emailLogin: { email } } });
  const use = (id: string, code: string): Promise<Answer> =>
    stage.call('POST', '/users', { authData: { emailLogin: { id, code } } });
  const count = (answers: readonly Answer[], status: number): number =>
    answers.filter((answer) => answer.status === status).length;

  it('20 parallel asks send one message, and one code in Redis opens one session', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => ask('ann@example.com')));
    expect([count(asked, 200), stage.mail.messages.length]).toEqual([1, 1]);
    const code = stage.lastCode(stage.mail);
    const used = await Promise.all(Array.from({ length: 20 }, () => use('ann@example.com', code)));
    expect(count(used, 201)).toBe(1);
    // Parse Server itself refuses a request that sees, before it writes, the account that the first one has opened (208).
    for (const answer of used.filter(({ status }) => status !== 201))
      expect(answer.body['code'] === 208 || slug(answer) === 'code_rejected').toBe(true);
    expect(await stage.rows.find('_User')).toHaveLength(1);
    expect(await stage.rows.find('_Session')).toHaveLength(1);
  });

  it('no more guesses at a code in Redis are looked at than it allows', async () => {
    await ask('bob@example.com');
    const code = stage.lastCode(stage.mail);
    await Promise.all(Array.from({ length: 50 }, (_, guess) => use('bob@example.com', String(guess).padStart(6, '0'))));
    expect(slug(await use('bob@example.com', code))).toBe('code_rejected');
  });

  it('each step of an authenticator is accepted once with codes in Redis', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const answers = await Promise.all(Array.from({ length: 10 }, () => stage.logIn(person, { totp: stage.totp(secret) })));
    expect(count(answers, 200)).toBe(1);
  });

  it('no user gets in while Redis is down, and every user does again after', async () => {
    stage.time.now += 11 * MINUTE;
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    await ask('eve@example.com');
    const code = stage.lastCode(stage.mail);
    await kept.redis.crash();
    const refused = [
      await ask('eve@example.com'),
      await use('eve@example.com', code),
      await stage.logIn(person, { totp: stage.totp(secret) }),
    ];
    expect(refused.map(slug)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    await kept.redis.start();
    await vi.waitFor(async () => expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200), {
      timeout: 10_000,
    });
    // Redis has lost the code, and no user is locked out.
    expect(slug(await use('eve@example.com', code))).toBe('code_rejected');
    expect((await ask('eve@example.com')).status).toBe(200);
    expect((await use('eve@example.com', stage.lastCode(stage.mail))).status).toBe(201);
  });

  it('Redis contains no code, address or user id', async () => {
    const email = 'dora@example.com';
    await ask(email);
    const code = stage.lastCode(stage.mail);
    const found: string[] = [];
    for await (const keys of kept.client.scanIterator()) {
      for (const key of [keys].flat()) found.push(key, String(await kept.client.get(key)));
    }
    expect(found.length).toBeGreaterThan(0);
    for (const secret of [email, code]) expect(found.join('\n')).not.toContain(secret);
  });
});
