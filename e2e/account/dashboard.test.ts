// @compat
import { HelpCodeFactor } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { enrolled, makeRecoveryCodes, trustDevice } from '../support/people.js';
import { MASTER } from '../support/requests.js';
import { allStoredFactors, countRows, countSessions, storedKeys } from '../support/rows.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { DAY, MINUTE } from '../support/time.js';

/** What Parse Dashboard 9.2 calls, and exactly what it reads of the results. */

const SCRIPTS = ['Reset', 'Unlock', 'EndSessions', 'HelpCode'] as const;
const READERS = ['Panel', 'Adoption', 'Missing'] as const;
const READ_ONLY = { 'X-Parse-Master-Key': 'only to read' };
const MALICE = '<img src=x onerror=alert(1)>';

let stage: Stage;
beforeAll(async () => {
  stage = await startPasskeyStage(
    {},
    {
      install: { dashboard: true },
      compose: { eventLog: true, enrolment: { requiredFor: { roles: ['staff'] } } },
      more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor(), help: new HelpCodeFactor() },
      server: { readOnlyMasterKey: 'only to read' },
    },
  );
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

/** As the dashboard sends a selected object: `object.toPointer()`. */
const selected = ({ id }: Pick<Person, 'id'>): object => ({ __type: 'Pointer', className: '_User', objectId: id });
const call = (name: string, params: object, headers: Record<string, string> = MASTER): Promise<Answer> =>
  stage.call('POST', `/functions/factorsDashboard${name}`, params, headers);
const panelOf = async (person: Person, headers?: Record<string, string>) => {
  const { body } = await call('Panel', { object: selected(person) }, headers);
  const { segments } = body['result'].panel as { segments: { title: string; items: Record<string, unknown>[] }[] };
  return Object.fromEntries(segments.map(({ title, items }) => [title, items]));
};
const open = async (name: string, person: Person): Promise<Record<string, unknown>> =>
  (await call(name, { object: selected(person) })).body['result'] as Record<string, unknown>;
/** As the dashboard submits a form, whose payload may be missing. */
const submit = (name: string, person: Person, formData: object): Promise<Answer> =>
  call(name, { object: selected(person), formData });
const isAlive = async ({ session }: Person): Promise<boolean> =>
  (await stage.call('GET', '/users/me', undefined, session)).status === 200;
const lock = async (person: Person): Promise<void> => {
  for (let guess = 0; guess < 10; guess += 1) await stage.logIn(person, { totp: '000000' });
};
const join = async (role: string, ...people: readonly Person[]): Promise<void> => {
  const users = { __op: 'AddRelation', objects: people.map(selected) };
  const { status } = await stage.call('POST', '/roles', { name: role, ACL: { '*': { read: true } }, users }, MASTER);
  expect(status).toBe(201);
};
/** Everything stored that a call could change, but the log that says who has looked. */
const stored = async (): Promise<unknown> => [
  await allStoredFactors(stage),
  await stage.rows.find('_Session'),
  await stage.rows.find('FactorState'),
];

describe('the info panel', () => {
  it('has the shape that the dashboard draws, with texts only, and holds no secret, digest, record or whole address', async () => {
    const user = await PasskeyUser.signUp(stage);
    const { person } = user;
    await user.add(new SoftAuthenticator(ORIGIN), MALICE);
    await stage.enrolPhone(person, '+15557770301');
    const secret = await stage.enrolTotp(person);
    const token = await trustDevice(stage, person);
    const codes = await makeRecoveryCodes(stage, person);
    const { status, body } = await call('Panel', { object: selected(person) });
    expect(status).toBe(200);
    const { segments } = body['result'].panel as { segments: { title: string; items: Record<string, any>[] }[] }; // oxlint-disable-line typescript/no-explicit-any
    expect(segments.map(({ title, items }) => [title, items.map(({ type }) => type)])).toEqual([
      ['Factors', ['table']],
      ['Locks', ['text']],
      ['Sessions', ['table']],
      ['Latest events', ['table']],
    ]);
    for (const { columns, rows } of segments.flatMap(({ items }) => items).filter(({ type }) => type === 'table')) {
      for (const column of columns) expect(column).toEqual({ name: expect.any(String), type: 'string' });
      for (const row of rows) {
        expect(Object.keys(row)).toEqual(columns.map(({ name }: { name: string }) => name));
        expect(Object.values(row).every((value) => typeof value === 'string')).toBe(true);
      }
    }
    const day = new Date(stage.time.now).toISOString().slice(0, 10);
    expect(segments[0]?.items[0]?.['rows']).toEqual([
      { Factor: 'otp', Status: 'enabled', Details: '•••• 0301' },
      { Factor: 'totp', Status: 'enabled', Details: '' },
      { Factor: 'passkey', Status: 'enabled', Details: `${MALICE}, since ${day}` },
      { Factor: 'recovery', Status: 'enabled', Details: 'remaining: 10' },
      { Factor: 'device', Status: 'enabled', Details: `Laptop, since ${day}` },
    ]);
    const text = JSON.stringify(body);
    const authData = JSON.stringify((await allStoredFactors(stage))[person.id]);
    const records = [...authData.matchAll(/"sealed":"([^"]+)"/g)].map(([, sealed]) => String(sealed));
    const sessions = (await stage.rows.find('_Session', { user: person.id })).map((row) => String(row['sessionToken']));
    expect([records.length, sessions.length]).toEqual([5, 1]);
    for (const told of [secret, token, ...codes, ...records, ...sessions, '5557770301', 'sealed', 'digest', '127.0.0.1'])
      expect(text).not.toContain(told);
  });

  it('shows each session with its device and methods, and the latest events without those of looking', async () => {
    const { person, secret } = await enrolled(stage);
    stage.time.now += MINUTE;
    await stage.another(person, { totp: stage.totp(secret) });
    await expect.poll(async () => JSON.stringify(await panelOf(person))).toContain('verified');
    for (let look = 0; look < 3; look += 1) await call('Panel', { object: selected(person) });
    const { Sessions: [sessions] = [], 'Latest events': [events] = [] } = await panelOf(person);
    const rows = (sessions?.['rows'] ?? []) as Record<string, string>[];
    expect(rows.map((row) => [row['Signed in with'], row['Level']])).toEqual(rows.map(() => ['password, totp', '2']));
    expect(rows).toHaveLength(2);
    const types = ((events?.['rows'] ?? []) as Record<string, string>[]).map((row) => row['Event']);
    expect(types).toContain('enrolled');
    expect(types).not.toContain('listed');
    expect(stage.events.filter(({ type }) => type === 'listed').length).toBeGreaterThan(3);
  });

  it('shows a lock until it ends', async () => {
    const { person } = await enrolled(stage);
    await lock(person);
    const until = stage.events.find(({ type }) => type === 'locked')?.retryAt ?? 0;
    const locks = async () => (await panelOf(person))['Locks'];
    await expect.poll(locks).toMatchObject([{ type: 'table', rows: [{ Factor: 'totp' }] }]);
    stage.time.now = until - 1;
    expect(await locks()).toMatchObject([{ type: 'table' }]);
    stage.time.now = until;
    expect(await locks()).toEqual([{ type: 'text', text: 'No locks.' }]);
  });

  it('shows a name that a user has chosen in one line, without characters that are invisible or turn the line around', async () => {
    await join('staff', await stage.signUp({ username: `\u202E${MALICE}\u200B${'long'.repeat(40)}` }));
    const { body } = await call('Missing', {});
    const [row] = (body['result'] as Record<string, string>[]).filter(({ Name }) => Name?.includes('onerror'));
    expect(row?.['Name']).toMatch(/^\?&lt;img src=x onerror=alert\(1\)&gt;\?(?:long)+l?o?…$/);
  });

  it('says that the user must set up a factor', async () => {
    const person = await stage.signUp();
    expect((await panelOf(person))['Factors']).toEqual([{ type: 'text', text: 'No factors.' }]);
    await join('staff-of-panel', person);
    const { body } = await stage.call('GET', '/roles?where={"name":"staff"}', undefined, MASTER);
    const [staff] = body['results'] as { objectId: string }[];
    const users = { __op: 'AddRelation', objects: [selected(person)] };
    await stage.call('PUT', `/roles/${staff?.objectId}`, { users }, MASTER);
    await expect.poll(async () => (await panelOf(person))['Factors']).toHaveLength(2);
  });

  it.each([
    ['nothing', {}],
    ['a text', { object: 'x' }],
    ['a list', { object: ['x'] }],
    ['another class', { object: { __type: 'Pointer', className: '_Session', objectId: 'x' } }],
    ['an id that is a query', { object: { className: '_User', objectId: { $gt: '' } } }],
    ['an id with NUL', { object: { className: '_User', objectId: 'a\u0000' } }],
    ['a user who does not exist', { object: { className: '_User', objectId: 'unknown' } }],
  ])('a panel and each script refuse %s', async (_what, params) => {
    for (const name of ['Panel', 'Reset', 'Unlock', 'HelpCode']) expect(slug(await call(name, params))).toBe('invalid_input');
    expect(slug(await call('EndSessions', { ...params, formData: {} }))).toBe('invalid_input');
  });

  it('takes the selected user as Parse Server 8 may pass it on: a plain object', async () => {
    const { person } = await enrolled(stage);
    const { status, body } = await call('Panel', { object: { className: '_User', objectId: person.id } });
    expect([status, JSON.stringify(body).includes('totp')]).toEqual([200, true]);
  });
});

describe('a script', () => {
  it('shows its form and changes nothing, as the dashboard calls it for the first user before anything is confirmed', async () => {
    const { person } = await enrolled(stage);
    await lock(person);
    const before = await stored();
    const reset = await open('Reset', person);
    expect(reset).toEqual({
      __type: 'ScriptResponse',
      form: {
        title: 'Reset factors',
        icon: 'gears',
        cloudCodeFunction: 'factorsDashboardReset',
        elements: [
          {
            element: 'dropDown',
            name: 'factor',
            label: 'Factor',
            items: [
              { title: 'Choose one', value: '' },
              { title: 'All at once, but not the only way in', value: '*' },
              { title: 'totp', value: 'totp' },
            ],
          },
          expect.objectContaining({ element: 'checkbox', name: 'checked', default: false }),
        ],
      },
    });
    for (const name of ['Unlock', 'EndSessions'] as const)
      expect(await open(name, person)).toMatchObject({
        __type: 'ScriptResponse',
        form: {
          cloudCodeFunction: `factorsDashboard${name}`,
          elements: [expect.objectContaining({ label: expect.any(String) })],
        },
      });
    expect(await stored()).toEqual(before);
  });

  it('resets one factor or all, once the operator says that they have checked who the user is', async () => {
    const { person } = await enrolled(stage);
    await stage.enrolPhone(person, '+15557770302');
    for (const formData of [{}, { factor: 'totp' }, { factor: 'totp', checked: 'true' }, { factor: '', checked: true }])
      expect(slug(await submit('Reset', person, formData))).toBe('invalid_input');
    expect(slug(await submit('Reset', person, { factor: 'fax', checked: true }))).toBe('not_enrolled');
    expect(slug(await submit('Reset', person, { factor: { $ne: '' }, checked: true }))).toBe('invalid_input');
    expect(await storedKeys(stage, person)).toEqual(['otp', 'totp']);
    const one = await submit('Reset', person, { factor: 'totp', checked: true });
    expect(one.body['result']).toBe('Reset: totp.');
    expect([await storedKeys(stage, person), await isAlive(person)]).toEqual([['otp'], false]);
    expect((await submit('Reset', person, { factor: '*', checked: true })).body['result']).toContain('Reset: otp.');
    expect((await submit('Reset', person, { factor: '*', checked: true })).body['result']).toBe('There was nothing to reset.');
    expect(stage.events.filter(({ type }) => type === 'reset').map(({ reason }) => reason)).toEqual([
      'administrator',
      'administrator',
    ]);
  });

  it('ends locks', async () => {
    const { person, secret } = await enrolled(stage);
    await lock(person);
    stage.time.now += 1;
    const { body } = await submit('Unlock', person, { factor: '*' });
    expect(body['result']).toBe('Not locked any more: totp.');
    await expect.poll(async () => (await panelOf(person))['Locks']).toEqual([{ type: 'text', text: 'No locks.' }]);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('ends all sessions, and trust in devices if the operator says so', async () => {
    const { person, secret } = await enrolled(stage);
    const token = await trustDevice(stage, person);
    const other = await stage.another(person, { totp: stage.totp(secret) });
    expect((await submit('EndSessions', person, { devices: false })).body['result']).toBe('Sessions ended: 2.');
    expect([await isAlive(person), await isAlive(other)]).toEqual([false, false]);
    expect(stage.events.filter(({ type }) => type === 'sessions_revoked')).toMatchObject([
      { reason: 'administrator', userId: person.id, factor: '' },
    ]);
    expect((await stage.logIn(person, { device: { token } })).status).toBe(200);
    const { body } = await submit('EndSessions', person, { devices: true });
    expect(body['result']).toBe('Sessions ended: 1. Trust in devices has ended.');
    expect(slug(await stage.logIn(person, { device: { token } }))).toBe('code_rejected');
  });

  it('shows a help code in its form, where it is no value that the dashboard would send back', async () => {
    const { person } = await enrolled(stage);
    const { form } = (await open('HelpCode', person)) as { form: { elements: { label: string }[] } };
    const [element, ...others] = form.elements;
    expect([element, others]).toEqual([
      {
        element: 'checkbox',
        name: 'told',
        label: expect.stringMatching(/^([0-9A-Z]{4}-){2}[0-9A-Z]{4}$/),
        description: expect.stringContaining('UTC'),
        default: false,
      },
      [],
    ]);
    // Confirming it for this user and others issues no further code.
    const issued = (): number => stage.events.filter(({ type }) => type === 'help_issued').length;
    expect([(await submit('HelpCode', person, { told: true })).body['result'], issued()]).toEqual(['Done.', 1]);
    expect((await stage.logIn(person, { help: element?.label })).status).toBe(200);
  });

  it('acts on many users at the same moment, each once', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => stage.signUp()));
    for (const person of people) await stage.enrolTotp(person);
    const answers = await Promise.all(people.map((person) => submit('Reset', person, { factor: 'totp', checked: true })));
    expect(answers.every(({ body }) => String(body['result']).startsWith('Reset: totp.'))).toBe(true);
    for (const person of people) expect(await storedKeys(stage, person)).toEqual([]);
  });
});

describe('a view', () => {
  it('counts users by role and factor', async () => {
    const [none, some, all] = [await stage.signUp(), await stage.signUp(), await stage.signUp()];
    await stage.enrolTotp(some);
    await stage.enrolTotp(all);
    await stage.enrolPhone(all, '+15557770304');
    await join('counted', none, some, all);
    const { body } = await call('Adoption', {});
    const rows = body['result'] as Record<string, unknown>[];
    expect(rows[0]).toMatchObject({ Group: 'All users', Users: await countRows(stage, '_User') });
    expect(rows.find(({ Group }) => Group === 'Role counted')).toEqual({
      ...Object.fromEntries(Object.keys(stage.auth).map((key) => [key, 0])),
      Group: 'Role counted',
      Users: 3,
      'With a second factor': 2,
      Percent: 67,
      totp: 2,
      otp: 1,
    });
  });

  it('names who must set up a factor, with names that hold no HTML', async () => {
    const [quotes, entity] = [await stage.signUp({ username: `${MALICE}"'` }), await stage.signUp({ username: '&lt;b>' })];
    const [safe, free] = [await stage.signUp(), await stage.signUp()];
    await stage.enrolTotp(safe);
    const { body: roles } = await stage.call('GET', '/roles?where={"name":"staff"}', undefined, MASTER);
    const [staff] = roles['results'] as { objectId: string }[];
    const users = { __op: 'AddRelation', objects: [quotes, entity, safe].map(selected) };
    expect((await stage.call('PUT', `/roles/${staff?.objectId}`, { users }, MASTER)).status).toBe(200);
    const { body } = await call('Missing', {});
    const rows = body['result'] as { Name: string; User: { objectId: string } }[];
    const rowOf = ({ id }: Person) => rows.find(({ User }) => User.objectId === id);
    expect(rowOf(quotes)).toEqual({
      Name: '&lt;img src=x onerror=alert(1)&gt;&quot;&#39;',
      User: { __type: 'Pointer', className: '_User', objectId: quotes.id },
      Roles: 'staff',
      'Second factors': '',
      Demand: 'must set one up',
    });
    expect(rowOf(entity)?.Name).toBe('&amp;lt;b&gt;');
    expect([rowOf(safe), rowOf(free)]).toEqual([undefined, undefined]);
    expect(JSON.stringify(body)).not.toMatch(/[<>]/);
  });

  it.each([
    ['a list', ['a']],
    ['a query', { $gt: '' }],
    ['NUL', 'a\u0000'],
    ['a long text', 'a'.repeat(65)],
  ])('refuses %s as its text', async (_what, text) => {
    for (const name of ['Adoption', 'Missing']) expect(slug(await call(name, { text }))).toBe('invalid_input');
  });
});

describe('who may call', () => {
  it('a session and a stranger call none of the functions', async () => {
    const { person } = await enrolled(stage);
    const before = await stored();
    for (const name of [...SCRIPTS, ...READERS]) {
      for (const headers of [{}, person.session]) {
        for (const params of [
          { object: selected(person) },
          { object: selected(person), formData: { factor: '*', checked: true } },
        ]) {
          const { status, body } = await call(name, params, headers);
          expect([status >= 400, body['result']]).toEqual([true, undefined]);
        }
      }
    }
    expect(await stored()).toEqual(before);
  });

  it('the read-only master key reads the panel and the views; it opens no script and changes nothing', async () => {
    const { person } = await enrolled(stage);
    const before = await stored();
    expect(Object.keys(await panelOf(person, READ_ONLY))).toHaveLength(4);
    for (const name of ['Adoption', 'Missing']) expect((await call(name, { text: '~' }, READ_ONLY)).status).toBe(400);
    for (const name of ['Adoption', 'Missing']) expect((await call(name, { text: person.id }, READ_ONLY)).status).toBe(200);
    for (const name of SCRIPTS) {
      for (const formData of [undefined, { factor: '*', checked: true, devices: true }])
        expect(slug(await call(name, { object: selected(person), formData }, READ_ONLY))).toBe('session_required');
    }
    expect([await stored(), await countSessions(stage, person)]).toEqual([before, 1]);
  });
});

describe('a view of many users', () => {
  it('reads 5000 users at most, and says where to go on', async () => {
    const many = Array.from({ length: 5050 }, (_, index) => ({
      objectId: `zz${String(index).padStart(6, '0')}`,
      username: `many ${index}`,
    }));
    const before = await countRows(stage, '_User');
    for (let first = 0; first < many.length; first += 1000) await stage.rows.insert('_User', many.slice(first, first + 1000));
    const rows = (await call('Adoption', {})).body['result'] as Record<string, unknown>[];
    const last = many[4999 - before]?.objectId;
    expect([rows[0]?.['Users'], rows.at(-1)]).toEqual([
      5000,
      { Group: `There are more users. To go on, enter this text: ${last}` },
    ]);
    const rest = (await call('Adoption', { text: last })).body['result'] as Record<string, unknown>[];
    expect(rest.map(({ Group, Users }) => [Group, Users])).toEqual([['All users', 50 + before]]);
  }, 60_000);
});
