import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Body, Person } from '@parse-factors/test-server/parse-server';
import { startStage, type Stage } from '../support/harness.js';
import { codeRecipe, graphqlRecipe, restRecipe, type RecipeReply } from '../support/recipe.js';
import { MINUTE } from '../support/time.js';

/** The requests on the pages for other platforms, sent to a real server in the order that an app sends them in. */

let stage: Stage;
let person: Person;
/** What the braces of a request stand for at the moment. */
let known: Record<string, string>;

beforeEach(async () => {
  stage = await startStage({
    install: true,
    more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
  });
  person = await stage.signUp();
  const { id: userId, username, password } = person;
  known = { userId, username, password, phone: '+15550000100', email: ' Ann@Example.com ', device: 'Phone' };
});
afterEach(() => stage.stop());

const fill = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value).replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
      if (known[name] === undefined) throw new Error(`no value for {${name}} yet`);
      return known[name];
    }),
  );

/** A passkey answers for one address; `npm run check:docs` sends these requests, and all others, to the example. */
const needsBrowser = (body: unknown): boolean => JSON.stringify(body).includes('passkey');

/** Remembers what an app would: codes that arrive, secrets and tokens in replies. */
function learn(reply: Body): void {
  const [code] = [...stage.sms.messages, ...stage.mail.messages].toSorted((a, b) => a.sentAt.localeCompare(b.sentAt)).slice(-1);
  known['code'] = /\d{6}/.exec(code?.text ?? '')?.[0] ?? '';
  const find = (value: unknown, name: string): string | undefined =>
    new RegExp(`"${name}":"([^"]+)"`).exec(JSON.stringify(value))?.[1];
  const [secret, token, id] = ['secret', 'token', 'id'].map((name) => find(reply, name));
  stage.time.now += MINUTE;
  if (secret !== undefined) known['totp'] = stage.totp(secret);
  if (token !== undefined) known['token'] = token;
  if (id !== undefined) known['id'] = id;
}

/** A session that a login has opened is good; the recipe goes on with the one that has proven itself. */
async function expectSession(token: unknown): Promise<void> {
  if (typeof token !== 'string') return;
  expect((await stage.call('GET', '/users/me', undefined, { 'X-Parse-Session-Token': token })).status).toBe(200);
}

/** A page's reply as a matcher: `…` is any text. */
const matching = (value: unknown): unknown => {
  if (value === '…') return expect.stringMatching(/./);
  if (typeof value !== 'object' || value === null) return value;
  return expect.objectContaining(Object.fromEntries(Object.entries(value).map(([name, each]) => [name, matching(each)])));
};

describe('the requests of the REST page', () => {
  it('a server answers the requests of the REST page as the page says', async () => {
    const recipe = restRecipe().filter(([{ body }]) => !needsBrowser(body));
    // A user logs in with what they have set up before; on the page the login comes first.
    const isSetUp = ([{ hasSession }]: (typeof recipe)[number]): boolean => hasSession;
    const first = recipe.findIndex(isSetUp);
    const afterPhone = first + 2;
    const order = [...recipe.slice(first, afterPhone), ...recipe.slice(0, first), ...recipe.slice(afterPhone)];
    expect(order).toHaveLength(recipe.length);
    expect(recipe.length).toBeGreaterThan(12);
    for (const [{ method, path, body, hasSession }, reply] of order) {
      const answer = await stage.call(method, String(fill(path)), fill(body), hasSession ? person.session : {});
      const expected: RecipeReply = reply ?? { status: 200, body: {} };
      expect({ request: [method, path, body], ...answer }).toEqual({
        request: [method, path, body],
        status: expected.status,
        body: matching(expected.body),
      });
      await expectSession(answer.body['sessionToken']);
      learn(answer.body);
    }
    const me = await stage.call('GET', '/users/me', undefined, person.session);
    expect(me.body['authData']).not.toHaveProperty('otp');
    expect(me.body['authData']).toMatchObject({ totp: { status: 'enabled' } });
  });
});

describe('the requests of the GraphQL page', () => {
  it('a server answers the requests of the GraphQL page', async () => {
    const recipe = graphqlRecipe().filter(({ variables }) => !needsBrowser(variables));
    const first = recipe.findIndex(({ hasSession }) => hasSession);
    const order = [...recipe.slice(first, first + 2), ...recipe.slice(0, first), ...recipe.slice(first + 2)];
    const messages: string[] = [];
    for (const { query, variables, hasSession } of order) {
      const answer = await stage.graphql(query, fill(variables) as object, hasSession ? person.session : {});
      for (const { message, extensions } of (answer['errors'] ?? []) as { message: string; extensions: { code: number } }[])
        messages.push(`${extensions.code} ${message}`);
      await expectSession((answer['data']?.logIn ?? answer['data']?.logInWith)?.viewer.sessionToken);
      learn(answer);
    }
    // The one login without a factor is told so; everything else is done.
    expect(messages).toEqual(['-1 Missing additional authData otp']);
    const me = await stage.call('GET', '/users/me', undefined, person.session);
    expect(Object.keys(me.body['authData'] as object).toSorted()).toEqual(['device', 'recovery', 'totp']);
  });
});

describe.each(['javascript', 'swift', 'objective-c', 'kotlin', 'flutter', 'dotnet'])('the code of the page for %s', (page) => {
  it("the code of a platform's page sends the requests of the REST page, each once and in that order", () => {
    const recipe = restRecipe();
    expect(recipe.length).toBeGreaterThan(18);
    expect(codeRecipe(page)).toEqual(recipe.map(([request]) => request));
  });
});
