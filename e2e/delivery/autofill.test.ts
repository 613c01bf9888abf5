import type { Answer } from '@parse-factors/test-server/parse-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startStage, type Stage } from '../support/harness.js';
import { DAY } from '../support/time.js';

/** Codes that devices fill in. */

const [RELEASE, DEBUG] = ['FA+9qCX9VSu', 'Zz0/9qCX9Vs'];
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    phoneLogin: { origin: 'acme.example', embeddedOrigin: 'pay.example', appHashes: [RELEASE, DEBUG] },
    sms: { appHashes: [RELEASE, DEBUG] },
  });
});
afterAll(() => stage.stop());
beforeEach(() => void (stage.time.now += DAY));

let numbers = 0;
const newNumber = (): string => `+1555300${String((numbers += 1)).padStart(4, '0')}`;
const ask = (headers: Record<string, string> = {}): Promise<Answer> =>
  stage.challenge({ challengeData: { phoneLogin: { phone: newNumber() } } }, headers);
const lastText = (): string => stage.sms.messages.at(-1)?.text ?? '';

describe('a message with a code', () => {
  it('is for browsers, unless an Android app asks', async () => {
    expect((await ask()).status).toBe(200);
    expect(lastText()).toMatch(/^(\d{6}) is your code to sign in\. .*\n\n@acme\.example #\1 @pay\.example$/);
    for (const hash of [RELEASE, DEBUG]) {
      await ask({ 'X-App-Hash': hash });
      expect(lastText()).toMatch(/^\d{6} is your code to sign in\. It is valid for 5 minutes\. Never share it\.\n\n.{11}$/);
      expect(lastText().endsWith(`\n\n${hash}`)).toBe(true);
    }
  });

  it('never takes a line from a client', async () => {
    for (const sent of ['AAAAAAAAAAA', 'https://evil.example', `${RELEASE}, ${DEBUG}`, `${RELEASE} `.repeat(500)]) {
      const answer = await ask({ 'X-App-Hash': sent });
      expect([answer.status, lastText().split('\n\n').at(-1)]).toEqual([
        200,
        expect.stringMatching(/^@acme\.example #\d{6} @pay\.example$/),
      ]);
    }
  });

  it('has at most the 140 bytes that Android reads, in every language', async () => {
    const person = await stage.signUp();
    for (const language of ['ar', 'de', 'en', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'ru', 'sv', 'tr', 'uk', 'zh']) {
      stage.time.now += DAY;
      const headers = { ...person.session, 'Accept-Language': language };
      expect((await stage.challenge({ challengeData: { otp: { phone: newNumber() } } }, headers)).status).toBe(200);
      expect(lastText().endsWith(`\n\n${RELEASE}`)).toBe(true);
      expect([language, Buffer.byteLength(lastText()) <= 140]).toEqual([language, true]);
      expect(lastText()).toMatch(/\d{6}/);
    }
  });
});
