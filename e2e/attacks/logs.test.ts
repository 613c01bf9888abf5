import { afterEach, expect, it } from 'vitest';
import { type Stage, startStage } from '../support/harness.js';
import { enrolled } from '../support/people.js';
import { personOf } from '../support/requests.js';

/** What Parse Server's log holds of a login: at its default level it writes the objects of triggers. */

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
