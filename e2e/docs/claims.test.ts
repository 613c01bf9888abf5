import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import ts from 'typescript';
import { afterEach, expect, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { docsBlocks } from '../support/docs-page.js';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { credentials, MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';

/** What pages say about Parse Server and about this library together, where no block of a page shows it. */

let stage: Stage;
const start = async (options: StageOptions): Promise<void> => void (stage = await startStage({ install: true, ...options }));
afterEach(() => stage.stop());

const QUIET = { triggerBeforeSuccess: 'silent', triggerAfter: 'silent', triggerBeforeError: 'silent' };

it.each([
  ['holds names and addresses at the level info', undefined, true],
  ['holds none with the log levels of docs/run/deploy.md', QUIET, false],
])('the log %s', async (_what, logLevels, isThere) => {
  const lines: string[] = [];
  const loggerAdapter = { log: (...words: unknown[]) => void lines.push(JSON.stringify(words)) };
  await start({ server: { loggerAdapter, logLevel: 'info', silent: false, ...(logLevels !== undefined && { logLevels }) } });
  cloudCode().Cloud.beforeLogin(({ object }) => {
    if (object.get('isBanned') === true) throw new (cloudCode().Error)(101, 'This account is closed.');
  });
  const person = await stage.signUp({ email: 'logged@acme.example' });
  await stage.enrolPhone(person);
  stage.time.now += MINUTE;
  await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
  expect((await stage.logIn(person, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
  await stage.call('PUT', `/users/${person.id}`, { isBanned: true }, MASTER);
  stage.time.now += MINUTE;
  await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
  expect((await stage.logIn(person, { otp: stage.lastCode(stage.sms) })).body['code']).toBe(101);
  const log = lines.join('\n');
  expect([log.includes('logged@acme.example'), log.includes(person.username)]).toEqual([isThere, isThere]);
});

it('a challenge does not run beforeLogin, and `allow` refuses a banned user', async () => {
  await start({ mail: { allow: (_address, { user }) => user?.get('isBanned') !== true } });
  cloudCode().Cloud.beforeLogin(({ object }) => {
    if (object.get('isBanned') === true) throw new (cloudCode().Error)(101, 'This account is closed.');
  });
  const person = await stage.signUp();
  await stage.enrolPhone(person);
  await stage.enrolEmail(person);
  await stage.call('PUT', `/users/${person.id}`, { isBanned: true }, MASTER);
  stage.time.now += MINUTE;
  const asked = await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
  expect(asked.body['challengeData'].otp.status).toBe('sent');
  expect(slug(await stage.challenge({ ...credentials(person), challengeData: { email: true } }))).toBe('address_refused');
});

it('a login that beforeLogin of the application refuses may have set its factor up', async () => {
  await start({ compose: { enrolment: { requiredFor: 'everybody' } } });
  cloudCode().Cloud.beforeLogin(({ object }) => {
    if (object.get('isBanned') === true) throw new (cloudCode().Error)(101, 'This account is closed.');
  });
  const person = await stage.signUp({ isBanned: true });
  const phone = '+15554440001';
  await stage.challenge({ ...credentials(person), challengeData: { otp: { phone } } });
  const login = await stage.logIn(person, { otp: { phone, code: stage.lastCode(stage.sms) } });
  expect(login.body['code']).toBe(101);
  expect((await stage.logIn(person)).body['error']).toBe('Missing additional authData otp');
});

it('with destination, the number and code are accepted like the code alone, and SMS names the missing number', async () => {
  await start({ sms: { destination: (user) => user.get('phone') as string | undefined } });
  const nowhere = await stage.signUp();
  expect((await stage.challenge({ challengeData: { otp: true } }, nowhere.session)).body['error']).toBe(
    'invalid_input: The user has no number yet.',
  );
  const person = await stage.signUp({ phone: '+15554440002' });
  await stage.challenge({ challengeData: { otp: true } }, person.session);
  const code = stage.lastCode(stage.sms);
  expect((await stage.save(person, { otp: { phone: '+15554440002', code } })).status).toBe(200);
  // The session is fresh after that: the next code goes to a new number at once.
  await stage.call('PUT', `/users/${person.id}`, { phone: '+15554440003' }, person.session);
  stage.time.now += MINUTE;
  await stage.challenge({ challengeData: { otp: true } }, person.session);
  expect(stage.sms.messages.at(-1)?.to).toBe('+15554440003');
});

it('recovery codes cost one notice when they are created, and three when they replace a lost phone', async () => {
  const background: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>): void => void background.push(work);
  await start({ compose: { notices: true, waitUntil }, more: { recovery: new RecoveryCodesFactor() } });
  const person = await stage.signUp();
  const settled = async (): Promise<number> => {
    while (background.length > 0) await background.shift();
    return stage.events.filter(({ type }) => type === 'notified').length;
  };
  await stage.enrolPhone(person);
  const before = await settled();
  const created = await stage.save(person, { recovery: { generate: 'true' } });
  const [first, second] = String(created.body['authDataResponse'].recovery.codes).split(', ');
  const known = await settled();
  expect(known - before).toBe(1);
  stage.time.now += 10 * MINUTE;
  const again = await stage.another(person, { recovery: first });
  expect((await stage.save(again, { recovery: second })).status).toBe(200);
  const phone = '+15554440004';
  await stage.challenge({ challengeData: { otp: { phone } } }, again.session);
  const code = /\d{6}/.exec(stage.sms.messages.findLast(({ to }) => to === phone)?.text ?? '')?.[0] ?? '';
  expect((await stage.save(again, { otp: { phone, code } })).status).toBe(200);
  expect((await settled()) - known).toBe(3);
});

it('a verified email gets notices by the channel of EmailOtpFactor, though the user has not set that factor up', async () => {
  await start({ compose: { notices: true } });
  const person = await stage.signUp({ email: 'verified@acme.example' });
  await stage.call('PUT', `/users/${person.id}`, { emailVerified: true }, MASTER);
  await stage.enrolTotp(person);
  await expect.poll(() => stage.mail.messages.map(({ to }) => to)).toContain('verified@acme.example');
});

it('a deleted user leaves sessions that open nothing and events, which the code of docs/run/gdpr.md deletes', async () => {
  await start({ install: { pruneJob: true }, compose: { eventLog: { keepDays: 90 } } });
  const [kept, deleted] = [await stage.signUp(), await stage.signUp()];
  for (const [index, person] of [kept, deleted].entries()) await stage.enrolPhone(person, `+1555444001${index}`);
  const countOf = async (className: string, id: string): Promise<number> =>
    (await stage.rows.find(className)).filter((row) => JSON.stringify(row).includes(id)).length;
  for (const { id } of [kept, deleted]) await expect.poll(() => countOf('FactorEvent', id)).toBe(4);
  expect((await stage.call('DELETE', `/users/${kept.id}`, undefined, MASTER)).status).toBe(200);
  expect(await countOf('_Session', kept.id)).toBeGreaterThan(0);
  expect(await countOf('FactorEvent', kept.id)).toBeGreaterThan(0);
  expect((await stage.call('GET', '/users/me', undefined, kept.session)).body['code']).toBe(209);

  const { text = '' } = docsBlocks('run/gdpr').find((block) => block.text.includes('export function deleteAllOfUser')) ?? {};
  const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.ESNext } });
  const page = (await import(`data:text/javascript,${encodeURIComponent(outputText)}`)) as {
    readonly deleteAllOfUser: (parse: unknown) => void;
  };
  page.deleteAllOfUser(cloudCode());
  expect((await stage.call('DELETE', `/users/${deleted.id}`, undefined, MASTER)).status).toBe(200);
  await expect.poll(() => countOf('_Session', deleted.id)).toBe(0);
  await expect.poll(() => countOf('FactorEvent', deleted.id)).toBe(0);
  expect(await countOf('FactorEvent', kept.id)).toBe(4);
  stage.time.now += 91 * DAY;
  expect((await stage.call('POST', '/jobs/pruneFactors', {}, MASTER)).status).toBe(200);
  await expect.poll(() => countOf('FactorEvent', kept.id)).toBe(0);
  await expect.poll(async () => (await stage.rows.find('_JobStatus')).map(({ status }) => status)).toEqual(['succeeded']);
});
