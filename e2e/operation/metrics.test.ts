import { meteredChannel, meteredStore } from '@parse-factors/metrics';
import { prometheus, type PrometheusMetrics } from '@parse-factors/metrics/prometheus';
import type { OtpStore } from '@parse-factors/core/store';
import { afterEach, expect, it } from 'vitest';
import { startStage, type Stage, type StageOptions } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { storeFactor } from '../support/rows.js';

let stage: Stage;
let metrics: PrometheusMetrics;
afterEach(() => stage.stop());

const FACTORS = ['otp', 'email', 'totp', 'emailLogin', 'phoneLogin'];

async function start(options: StageOptions = {}): Promise<void> {
  metrics = prometheus({ factors: FACTORS });
  stage = await startStage({
    ...options,
    compose: {
      onEvent: metrics.onEvent,
      store: ({ inDatabase }) => meteredStore(inDatabase(), metrics),
      ...options.compose,
    },
  });
}
/** The number of one series; undefined if there is none. */
async function valueOf(series: string): Promise<number | undefined> {
  const line = (await metrics.text()).split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

it('logins, messages and guesses are counted by factor, purpose, country and outcome', async () => {
  await start();
  const person = await stage.signUp();
  await stage.enrolPhone(person, '+33612349001');
  const secret = await stage.enrolTotp(person);
  const used = stage.totp(secret);
  expect((await stage.logIn(person, { totp: used })).status).toBe(200);
  expect((await stage.logIn(person, { totp: used })).status).toBe(400);
  for (let guess = 0; guess < 10; guess += 1) await stage.logIn(person, { totp: '000000' });
  expect(await valueOf('parse_factors_messages_total{factor="otp",country="FR",outcome="delivered"}')).toBe(1);
  expect(await valueOf('parse_factors_messages_total{factor="otp",country="FR",outcome="verified"}')).toBe(1);
  expect(await valueOf('parse_factors_attempts_total{factor="totp",purpose="sign-in",outcome="verified"}')).toBe(1);
  expect(await valueOf('parse_factors_attempts_total{factor="totp",purpose="sign-in",outcome="step_used"}')).toBe(1);
  expect(await valueOf('parse_factors_attempts_total{factor="totp",purpose="sign-in",outcome="code_rejected"}')).toBe(9);
  expect(await valueOf('parse_factors_locks_total{factor="totp",purpose="sign-in"}')).toBe(1);
  expect(await valueOf('parse_factors_store_duration_seconds_count{verb="attempt"}')).toBeGreaterThan(10);
  expect(await valueOf('parse_factors_store_faults_total{verb="attempt"}')).toBe(0);
  const text = await metrics.text();
  for (const told of [person.id, person.username, secret, '612349001', '127.0.0.1', '::1']) expect(text).not.toContain(told);
});

it('messages that fail are counted by country and channel, and each channel for itself', async () => {
  const counted = prometheus({ factors: FACTORS });
  const sms = meteredChannel({ name: 'down', send: async () => Promise.reject(new Error('down')) }, counted);
  await start({ sms: { channel: sms }, compose: { onEvent: counted.onEvent } });
  metrics = counted;
  const person = await stage.signUp();
  await stage.challenge({ challengeData: { otp: { phone: '+33612349002' } } }, person.session);
  expect(await valueOf('parse_factors_messages_total{factor="otp",country="FR",outcome="failed"}')).toBe(1);
  expect(await valueOf('parse_factors_channel_duration_seconds_count{channel="down",outcome="failed"}')).toBe(1);
});

it('a metered default store still repairs its class, and is one for the self-check', async () => {
  const events: string[] = [];
  await start({ compose: { onEvent: ({ type, reason }) => void events.push(`${type}:${reason}`) } });
  const person = await stage.signUp();
  await stage.enrolTotp(person);
  const open = { className: 'FactorState', classLevelPermissions: { find: { '*': true } } };
  expect((await stage.call('PUT', '/schemas/FactorState', open, MASTER)).status).toBe(200);
  await stage.logIn(person, { totp: '000000' });
  expect(events).toContain('misconfigured:class_opened:FactorState');
  const reasons = (await stage.factors.check()).map(({ reason }) => reason);
  expect(reasons).not.toContain('database_adapter_unknown');
});

it('a store that is down is counted by its verbs, and the answer is still refused', async () => {
  let isDown = false;
  await start({
    compose: {
      store: ({ inDatabase }) => {
        const store = inDatabase();
        const down = async (): Promise<never> => Promise.reject(new Error('down'));
        return meteredStore(isDown ? Object.assign(Object.create(store) as OtpStore, { attempt: down }) : store, metrics);
      },
    },
  });
  const person = await stage.signUp();
  const secret = await stage.enrolTotp(person);
  isDown = true;
  const answer = await stage.logIn(person, { totp: stage.totp(secret) });
  expect(answer.body['error']).toMatch(/^unavailable: /);
  expect(await valueOf('parse_factors_store_faults_total{verb="attempt"}')).toBe(1);
  expect(await valueOf('parse_factors_events_total{type="fault",factor="totp"}')).toBe(1);
});

it('the users of each factor are counted, all of them or a sample', async () => {
  await start();
  const people = [];
  for (let index = 0; index < 12; index += 1) people.push(await stage.signUp());
  for (const person of people.slice(0, 3)) await storeFactor(stage, person, 'totp', { sealed: '1.k.AAAA' });
  const exact = await stage.factors.countEnrolled();
  expect(exact).toEqual({ users: 12, sample: 12, byFactor: { otp: 0, email: 0, totp: 3, emailLogin: 0, phoneLogin: 0 } });
  for (const person of people.slice(3)) await storeFactor(stage, person, 'totp', { sealed: '1.k.AAAA' });
  for (let run = 0; run < 10; run += 1) {
    const sampled = await stage.factors.countEnrolled({ sample: 5 });
    expect(sampled).toMatchObject({ users: 12, sample: 5, byFactor: { totp: 12, otp: 0 } });
  }
  metrics.setEnrolled(exact);
  expect(await valueOf('parse_factors_enrolled_users{factor="totp"}')).toBe(3);
  expect(await valueOf('parse_factors_users')).toBe(12);
  for (const sample of [0, 10_001, 1.5])
    await expect(stage.factors.countEnrolled({ sample })).rejects.toThrow('countEnrolled: option "sample"');
});
