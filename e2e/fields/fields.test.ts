// @compat-major
import { digits, FieldsFactor, isoDate } from '@parse-factors/fields';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { generateKey } from '@parse-factors/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadParseSdk } from '@parse-factors/test-server/parse-sdk';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { LOG_IN_WITH, MASTER, sessionHeaders } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { storedFactors, type StoredFactors } from '../support/rows.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    install: { adminFunctions: true },
    sms: { maxSendsPerIp: 100_000 },
    more: {
      member: new FieldsFactor({ find: 'memberNumber', match: [{ name: 'birthDate', ...isoDate }, 'postcode'] }),
      badge: new FieldsFactor({
        find: { name: 'badgeNumber', ...digits, toStored: Number },
        match: ['postcode'],
        policy: 'solo',
      }),
      recovery: new RecoveryCodesFactor(),
    },
  });
});
let isStopped = false;
const stop = async (): Promise<void> => {
  if (!isStopped) await stage.stop();
  isStopped = true;
};
afterAll(stop);
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

type Fields = Readonly<Record<string, string>>;
type Member = Person & { readonly fields: Fields; readonly phone: string };

let members = 0;
/** A user with a phone, who knows their number, birth date and postcode. */
async function newMember(more: object = {}): Promise<Member> {
  members += 1;
  const fields = { memberNumber: `a-${members}`, birthDate: '1990-01-31', postcode: 'SW1A 1AA' };
  const birthDate = { __type: 'Date', iso: '1990-01-31T00:00:00.000Z' };
  const person = await stage.signUp({ ...fields, birthDate, ...more });
  const phone = `+1555${String(2_000_000 + members)}`;
  await stage.enrolPhone(person, phone);
  stage.time.now += MINUTE;
  return { ...person, fields, phone };
}

const signIn = (fields: unknown, others: object = {}, headers?: Record<string, string>): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { member: fields, ...others } }, headers);
const ask = (fields: object, factor: unknown = 'otp'): Promise<Answer> =>
  stage.challenge({ challengeData: { member: { ...fields, factor } } });

/** What goes out unasked for by the reply takes its time. */
async function codeOf({ fields, phone }: Pick<Member, 'fields' | 'phone'>): Promise<string> {
  stage.time.now += MINUTE;
  const sent = stage.sms.messages.length;
  expect((await ask(fields)).body).toEqual({ challengeData: { member: { status: 'sent' } } });
  await expect.poll(() => stage.sms.messages.length).toBe(sent + 1);
  expect(stage.sms.messages.at(-1)?.to).toBe(phone);
  return stage.lastCode(stage.sms);
}

const storedOf = (user: Pick<Person, 'id'>): Promise<StoredFactors> => storedFactors(stage, user);

describe('a member number, a birth date, a postcode and a code by SMS', () => {
  it('a user logs in by fields and an SMS code, which are asked for and given without a user name or a password', async () => {
    const member = await newMember();
    const answer = await signIn(member.fields, { otp: await codeOf(member) });
    expect(answer).toMatchObject({ status: 200, body: { objectId: member.id, sessionToken: expect.stringMatching(/^r:/) } });
    const session = sessionHeaders(answer);
    const me = await stage.call('GET', '/users/me', undefined, session);
    expect(me.body['authData'].member).toEqual({ status: 'enabled' });
    expect(stage.events.map(({ type, factor, userId }) => [type, factor, userId])).toEqual(
      expect.arrayContaining([
        ['challenged', 'otp', member.id],
        ['verified', 'otp', member.id],
        ['verified', 'member', member.id],
      ]),
    );
    // A code is for one login.
    expect(slug(await signIn(member.fields, { otp: stage.lastCode(stage.sms) }))).toBe('code_rejected');
  });

  it('a user logs in by fields however they are typed', async () => {
    const member = await newMember();
    const { memberNumber = '' } = member.fields;
    for (const fields of [
      { ...member.fields, memberNumber: ` ${memberNumber.toUpperCase()} `, postcode: 'sw1a  1aa' },
      { ...member.fields, memberNumber: memberNumber.replace('a', 'Ａ'), postcode: 'ＳＷ1Ａ 1AA' },
    ]) {
      expect((await signIn(fields, { otp: await codeOf({ ...member, fields }) })).status).toBe(200);
    }
  });

  it('a user logs in by fields again and again, which leaves one opaque record', async () => {
    const member = await newMember();
    await signIn(member.fields, { otp: await codeOf(member) });
    const first = (await storedOf(member))['member'];
    expect(Object.keys(first ?? {}).toSorted()).toEqual(['id', 'sealed']);
    await signIn(member.fields, { otp: await codeOf(member) });
    expect((await storedOf(member))['member']).toEqual(first);
  });

  it('a user logs in by fields with GraphQL, in a batch, and with the JS SDK', async () => {
    const member = await newMember();
    const graphql = await stage.graphql(LOG_IN_WITH, {
      input: { authData: { member: member.fields, otp: await codeOf(member) } },
    });
    expect(graphql['data'].logInWith.viewer.user.objectId).toBe(member.id);

    const body = { authData: { member: member.fields, otp: await codeOf(member) } };
    const batch = await stage.call('POST', '/batch', { requests: [{ method: 'POST', path: '/parse/users', body }] });
    expect(batch.body[0].success.objectId).toBe(member.id);

    const Parse = loadParseSdk('test', stage.url);
    Parse.User.enableUnsafeCurrentUser();
    const user = new Parse.User();
    user.set('authData', { otp: await codeOf(member) });
    await user.linkWith('member', { authData: member.fields });
    expect(user.id).toBe(member.id);
    expect(user.getSessionToken()).toEqual(expect.any(String));
    // An SDK that keeps what it has signed in with sends it along with what is linked later.
    user.set('nickname', 'Ann');
    await user.save();
    const current = await stage.call('GET', '/users/me', undefined, { 'X-Parse-Session-Token': user.getSessionToken() });
    expect(current.body['nickname']).toBe('Ann');
    await Parse.User.logOut();
  });

  it('a user logs in by fields and a recovery code in place of the phone', async () => {
    const member = await newMember();
    await stage.challenge({ challengeData: { otp: true } }, member.session);
    await stage.save(member, { otp: stage.lastCode(stage.sms) });
    const made = await stage.save(member, { recovery: { generate: 'true' } });
    const [code] = String(made.body['authDataResponse'].recovery.codes).split(', ');
    expect((await signIn(member.fields, { recovery: code })).status).toBe(200);
  });

  it('fields count as they stand on the user object now', async () => {
    const member = await newMember();
    const put = (body: object): Promise<Answer> => stage.call('PUT', `/users/${member.id}`, body, MASTER);
    const code = await codeOf(member);
    expect((await put({ postcode: 'N1 9GU' })).status).toBe(200);
    expect(slug(await signIn(member.fields, { otp: code }))).toBe('code_rejected');
    expect((await signIn({ ...member.fields, postcode: 'n1 9gu' }, { otp: code })).status).toBe(200);
    await put({ postcode: { __op: 'Delete' } });
    const left = await codeOfNobody(member);
    expect(left).toBe(undefined);
  });

  it('fields find no user where two users have the same number, whatever else is right', async () => {
    const member = await newMember();
    const twin = await newMember({ memberNumber: member.fields['memberNumber'], postcode: 'elsewhere' });
    expect(await codeOfNobody(member)).toBe(undefined);
    expect(slug(await signIn(member.fields, { otp: '123456' }))).toBe('code_rejected');
    await stage.call('PUT', `/users/${twin.id}`, { memberNumber: 'another' }, MASTER);
    expect((await signIn(member.fields, { otp: await codeOf(member) })).status).toBe(200);
  });
});

/** A code that was sent although none should have been. */
async function codeOfNobody({ fields }: Pick<Member, 'fields'>): Promise<string | undefined> {
  stage.time.now += MINUTE;
  const sent = stage.sms.messages.length;
  expect((await ask(fields)).body).toEqual({ challengeData: { member: { status: 'sent' } } });
  // One that does go out, after it.
  await codeOf(await newMember());
  return stage.sms.messages[sent + 2]?.to;
}

describe('fields alone', () => {
  it('fields alone open no session, with a second factor or without, unless that was chosen', async () => {
    const member = await newMember();
    expect(slug(await signIn(member.fields))).toBe('code_rejected');
    const bare = await stage.signUp({
      memberNumber: 'bare-1',
      birthDate: { __type: 'Date', iso: '1990-01-31T00:00:00.000Z' },
      postcode: 'x',
    });
    const fields = { memberNumber: 'bare-1', birthDate: '1990-01-31', postcode: 'x' };
    expect(slug(await signIn(fields))).toBe('code_rejected');
    expect(slug(await signIn(fields, { otp: { phone: '+15552999999', code: '123456' } }))).toBe('code_rejected');
    expect(await storedOf(bare)).toEqual({});
  });

  it('fields alone open a session where that was chosen: once, twice, and not where there is a second factor', async () => {
    const person = await stage.signUp({ badgeNumber: 7001, postcode: 'x' });
    const badge = { badgeNumber: '70-01', postcode: 'X' };
    for (let round = 0; round < 2; round += 1) {
      const answer = await stage.call('POST', '/users', { authData: { badge } });
      expect(answer).toMatchObject({ status: 200, body: { objectId: person.id } });
    }
    await stage.enrolPhone(person, '+15552888888');
    expect(slug(await stage.call('POST', '/users', { authData: { badge } }))).toBe('code_rejected');
  });
});

describe('with a session', () => {
  it('right fields are a fresh proof in a session without a second factor, and not with one', async () => {
    const person = await stage.signUp({ badgeNumber: 7002, postcode: 'x' });
    const badge = { badgeNumber: '7002', postcode: 'x' };
    const proven = await stage.save(person, { badge });
    expect(proven.body['authDataResponse']?.badge).toMatchObject({ status: 'verified' });
    expect((await stage.call('POST', '/functions/sensitive', {}, person.session)).status).toBe(200);
    const member = await newMember();
    stage.time.now += 10 * MINUTE;
    expect((await stage.save(member, { member: member.fields })).body['authDataResponse'].member.status).toBe('verified');
    expect(slug(await stage.call('POST', '/functions/sensitive', {}, member.session))).toBe('fresh_proof_required');
  });

  it('fields link, replace and enrol nothing in a session', async () => {
    const bare = await stage.signUp();
    const member = await newMember();
    const other = await newMember();
    expect(slug(await stage.save(bare, { member: member.fields }))).toBe('code_rejected');
    expect(slug(await stage.save(bare, { member: { ...member.fields, postcode: 'wrong' } }))).toBe('code_rejected');
    expect(slug(await stage.challenge({ challengeData: { member: member.fields } }, bare.session))).toBe('invalid_input');
    expect(await storedOf(bare)).toEqual({});
    await stage.save(member, { member: member.fields });
    for (const fields of [other.fields, { ...other.fields, postcode: 'wrong' }]) {
      expect(slug(await stage.save(member, { member: fields }))).toBe('code_rejected');
    }
    for (const authData of [{ member: { id: (await storedOf(member))['member']?.id ?? '' } }, { member: { id: 'x' } }]) {
      const before = await storedOf(member);
      await stage.save(member, authData);
      expect(await storedOf(member)).toEqual(before);
    }
  });

  it('the record of fields can be unlinked with a proof, and is there again after the next login', async () => {
    const person = await stage.signUp({ badgeNumber: 7003, postcode: 'x' });
    const badge = { badgeNumber: '7003', postcode: 'x' };
    await stage.save(person, { badge });
    expect((await stage.save(person, { badge: null })).status).toBe(200);
    expect(await storedOf(person)).toEqual({});
    expect((await stage.call('POST', '/users', { authData: { badge } })).status).toBe(200);
  });

  it('fields that an SDK sends along change nothing and lock no user out', async () => {
    const member = await newMember();
    await stage.save(member, { member: member.fields });
    const before = await storedOf(member);
    for (let round = 0; round < 12; round += 1) {
      const answer = await stage.save(member, { member: member.fields, otp: { status: 'enabled' } });
      expect(answer.status).toBe(200);
    }
    for (let round = 0; round < 12; round += 1) {
      expect((await stage.save(member, { member: { status: 'enabled' } })).status).toBe(200);
    }
    expect(await storedOf(member)).toEqual(before);
    expect((await signIn(member.fields, { otp: await codeOf(member) })).status).toBe(200);
  });
});

it('fields find their users after a rotation of keys that dropped the old ones', async () => {
  await stop(); // Parse Server keeps one schema for all databases of a process: two servers at once can mix theirs
  const more = { member: new FieldsFactor({ find: 'memberNumber', match: ['postcode'] }) };
  const fields = { memberNumber: 'rotated', postcode: 'x' };
  const [older, newer] = [generateKey('b-older'), generateKey('c-newer')];
  const records: unknown[] = [];
  let databaseUri: string | undefined;
  let owner: Person | undefined;
  for (const keys of [older, `${newer},${older}`, newer]) {
    const rotated = await startStage({ more, compose: { keys }, ...(databaseUri !== undefined && { databaseUri }) });
    try {
      databaseUri = rotated.databaseUri;
      rotated.time.now += records.length * DAY;
      if (owner === undefined) {
        owner = await rotated.signUp(fields);
        await rotated.enrolPhone(owner);
        rotated.time.now += MINUTE;
      }
      await rotated.challenge({ challengeData: { member: { ...fields, factor: 'otp' } } });
      await expect.poll(() => rotated.lastCode(rotated.sms)).not.toBe('');
      if (records.length === 0) await expect.poll(() => rotated.sms.messages.length).toBe(2);
      const authData = { member: fields, otp: rotated.lastCode(rotated.sms) };
      const answer = await rotated.call('POST', '/users', { authData });
      expect(answer.body['objectId']).toBe(owner.id);
      records.push((await storedFactors(rotated, owner))['member']);
    } finally {
      await rotated.stop();
    }
  }
  const [first, second, third] = records as { id: string; sealed: string }[];
  expect([second?.id, third?.id]).toEqual([first?.id, first?.id]);
  expect(second?.sealed).toMatch(/^1\.c-newer\./);
});
