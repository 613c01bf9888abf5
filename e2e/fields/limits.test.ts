import { FieldsFactor } from '@parse-factors/fields';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    sms: { maxSendsPerIp: 2 },
    more: { member: new FieldsFactor({ find: 'memberNumber', match: ['pin'] }) },
  });
});
afterAll(() => stage.stop());

const ask = (memberNumber: string): Promise<Answer> =>
  stage.challenge({ challengeData: { member: { memberNumber, pin: '1234', factor: 'otp' } } });

it('asking by fields has a limit of its own, and uses up no message that an address may ask for itself', async () => {
  const member = await stage.signUp({ memberNumber: 'm-1', pin: '1234' });
  await stage.enrolPhone(member);
  stage.time.now += 11 * MINUTE;
  const mallory = await stage.signUp();
  const begin = (phone: string): Promise<Answer> => stage.challenge({ challengeData: { otp: { phone } } }, mallory.session);
  expect((await begin('+15557654321')).status).toBe(200);
  const sent = stage.sms.messages.length;
  expect((await ask('m-1')).body['challengeData'].member).toEqual({ status: 'sent' });
  await expect.poll(() => stage.sms.messages.length).toBe(sent + 1);
  stage.time.now += MINUTE;
  expect((await begin('+15557654322')).status).toBe(200);
  stage.time.now += MINUTE;
  expect(slug(await begin('+15557654323'))).toBe('cooldown');

  const asks = await Promise.all(Array.from({ length: 30 }, (_, index) => ask(`unknown-${index}`)));
  expect(asks.filter(({ status }) => status === 200)).toHaveLength(19); // one of twenty was asked before
  expect(slug(await ask('m-1'))).toBe('cooldown');
});
