import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterEach, expect, it } from 'vitest';
import { type Stage, startStage } from '../support/harness.js';
import { askForHelpCode, issueHelpCode, startHelpStage } from '../support/help-rig.js';
import { enrolled } from '../support/people.js';
import { ORIGIN, startPasskeyStage } from '../support/passkey-stage.js';
import { MASTER, personOf } from '../support/requests.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { DAY } from '../support/time.js';

/** What Parse Server's log holds: at its default level it writes the objects of triggers, and the results of Cloud functions. */

const CALL = 'mutation ($input: CallCloudCodeInput!) { callCloudCode(input: $input) { result } }';

let stage: Stage;
afterEach(() => stage.stop());

interface OwnCloudCode {
  readonly Cloud: { afterLogin(work: (request: { readonly object: { toJSON(): object } }) => void): void };
}

it.each([false, true])('the log at level info holds no session token, with an own afterLogin: %s', async (hasOwn) => {
  const logged: string[] = [];
  const seen: string[] = [];
  const loggerAdapter = { log: (_level: string, message: string) => void logged.push(message), query: () => undefined };
  const cloud = (Parse: OwnCloudCode): void => {
    if (hasOwn) Parse.Cloud.afterLogin(({ object }) => void seen.push(JSON.stringify(object)));
  };
  stage = await startStage({
    install: false,
    server: { logLevel: 'info', silent: false, loggerAdapter, cloud },
  });
  const parse = (globalThis as unknown as { readonly Parse: Parameters<Stage['factors']['install']>[0] }).Parse;
  stage.factors.install(parse);
  const { person, secret } = await enrolled(stage);
  const answers = [await stage.logIn(person, { totp: stage.totp(secret) }), await stage.logIn(await stage.signUp())];
  const byCode = await stage.challenge({ challengeData: { emailLogin: { email: 'ann@example.com' } } });
  const { id } = byCode.body['challengeData'].emailLogin as { id: string };
  const code = stage.lastCode(stage.mail);
  answers.push(await stage.call('POST', '/users', { authData: { emailLogin: { id, code } } }));
  const tokens = answers.map((answer) => personOf(answer).session['X-Parse-Session-Token'] ?? '');
  expect(tokens.every((token) => token.startsWith('r:'))).toBe(true);
  const log = logged.join('\n');
  expect(log).toContain('afterLogin triggered for _User');
  for (const token of tokens) expect(log).not.toContain(token);
  // The application's own trigger sees the whole object.
  expect(seen.length).toBe(hasOwn ? 2 : 0);
  for (const [index, text] of seen.entries()) expect(text).toContain(tokens[index]);
});

it('the log at level info holds no help code, and still holds the next calls', async () => {
  const logged: string[] = [];
  const loggerAdapter = { log: (...line: unknown[]) => void logged.push(JSON.stringify(line)), query: () => undefined };
  stage = await startHelpStage({ server: { logLevel: 'info', silent: false, loggerAdapter } });
  const { person } = await enrolled(stage);
  const params = { userId: person.id };
  const codes = [await issueHelpCode(stage, person)];
  const byGraphql = await stage.graphql(CALL, { input: { functionName: 'factorsHelpCode', params } }, MASTER);
  codes.push(byGraphql['data'].callCloudCode.result.code);
  const requests = ['factorsHelpCode', 'factorsList', 'factorsHelpCode'].map((name) => ({
    method: 'POST',
    path: `/parse/functions/${name}`,
    body: params,
  }));
  const batch = await stage.call('POST', '/batch', { requests }, MASTER);
  const results = (batch.body as unknown as { success: { result: { code?: string } } }[]).map(({ success }) => success.result);
  codes.push(String(results[0]?.code), String(results[2]?.code));
  // Of the two that one batch issued at the same moment, either may be the last.
  const logins = [await stage.logIn(person, { help: codes[2] }), await stage.logIn(person, { help: codes[3] })];
  expect(logins.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 400]);
  await stage.logIn(person, { help: codes[0] });
  expect((await askForHelpCode(stage, {})).status).toBe(400);
  await stage.call('POST', '/functions/factorsList', params, MASTER);
  const log = logged.join('\n');
  expect(log).toContain(`Ran cloud function factorsList`);
  expect(codes.every((code) => /^[0-9A-Z-]{14}$/.test(code))).toBe(true);
  for (const code of codes) for (const form of [code, code.replaceAll('-', '')]) expect(log).not.toContain(form);
});

it('the log at level info holds no recovery code of a sign-up with a passkey, and none that gets its user back in', async () => {
  const logged: string[] = [];
  const loggerAdapter = { log: (...line: unknown[]) => void logged.push(JSON.stringify(line)), query: () => undefined };
  const recovery = new RecoveryCodesFactor({ changesFactors: { afterMs: DAY } });
  const server = { logLevel: 'info', silent: false, loggerAdapter };
  stage = await startPasskeyStage({ signUp: true }, { more: { recovery }, server });
  const passkey = new SoftAuthenticator(ORIGIN);
  const { body } = await stage.challenge({ challengeData: { passkey: { purpose: 'sign-up' } } });
  const credential = passkey.create(String(body['challengeData'].passkey.options));
  const authData = { passkey: { id: passkey.handle, credential }, recovery: { generate: 'true' } };
  const signedUp = await stage.call('POST', '/users', { username: 'ann', authData });
  const codes = String(signedUp.body['authDataResponse'].recovery.codes).split(', ');
  const begun = await stage.call('POST', '/functions/factorsRecover', { username: 'ann', authData: { recovery: codes[0] } });
  expect(begun.body['result'].status).toBe('pending');
  await stage.call('POST', '/functions/factorsRecover', { username: 'unknown', authData: { recovery: codes[1] } });
  const log = logged.join('\n');
  expect(log).toContain('cloud function factorsRecover');
  for (const code of codes) expect(log).not.toContain(code);
});

it('the log at level info holds no address of an export', async () => {
  const logged: string[] = [];
  const loggerAdapter = { log: (...line: unknown[]) => void logged.push(JSON.stringify(line)), query: () => undefined };
  stage = await startStage({ install: { adminFunctions: true }, server: { logLevel: 'info', silent: false, loggerAdapter } });
  const person = await stage.signUp();
  await stage.enrolPhone(person, '+15557790001');
  const params = { userId: person.id };
  const copies = [await stage.call('POST', '/functions/factorsExport', params, MASTER)];
  copies.push({ status: 200, body: await stage.graphql(CALL, { input: { functionName: 'factorsExport', params } }, MASTER) });
  for (const { body } of copies) expect(JSON.stringify(body)).toContain('+15557790001');
  await stage.call('POST', '/functions/factorsList', params, MASTER);
  expect(logged.join('')).toContain('factorsList');
  expect(logged.join('')).not.toContain('+15557790001');
});

it('the log at level info holds no help code that Parse Dashboard shows, and no names of its views', async () => {
  const logged: string[] = [];
  const loggerAdapter = { log: (...line: unknown[]) => void logged.push(JSON.stringify(line)), query: () => undefined };
  const compose = { enrolment: { requiredFor: 'everybody' } } as const;
  stage = await startHelpStage({
    install: { dashboard: true },
    compose,
    server: { logLevel: 'info', silent: false, loggerAdapter },
  });
  const { person } = await enrolled(stage);
  const object = { __type: 'Pointer', className: '_User', objectId: person.id };
  const issued = await stage.call('POST', '/functions/factorsDashboardHelpCode', { object }, MASTER);
  const [{ label: code }] = issued.body['result'].form.elements as [{ label: string }];
  const submitted = { object, formData: { told: true } };
  await stage.call('POST', '/functions/factorsDashboardHelpCode', submitted, MASTER);
  const before = logged.length;
  const view = await stage.call('POST', '/functions/factorsDashboardMissing', {}, MASTER);
  await stage.call('POST', '/functions/factorsDashboardPanel', { object }, MASTER);
  expect([code.length, view.status, logged.slice(before)]).toEqual([14, 200, []]);
  for (const form of [code, code.replaceAll('-', '')]) expect(logged.join('\n')).not.toContain(form);
});
