// @compat @slow
import { generateKey } from '@parse-factors/core';
import { Keyring } from '@parse-factors/core/factor';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newApp } from '../support/client-stage.js';
import { slug, startStage, type Stage } from '../support/harness.js';
import { holdNextSave } from '../support/held-save.js';
import { sessionHeaders } from '../support/requests.js';
import { otherThan, ResetRig } from '../support/reset-rig.js';
import { storedFactors } from '../support/rows.js';
import { SeveralUser, severalOptions, startSeveralStage } from '../support/several-stage.js';
import { DAY, MINUTE } from '../support/time.js';

/** What several authenticators under one key must not open: more guesses, more authenticators, or codes that outlive theirs. */

let stage: Stage;
let numbers = 0;
const newPhone = (): string => `+1555${String((numbers += 1)).padStart(3, '0')}2002`;
const parallel = <Result>(times: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => work(index)));
const succeeded = (answers: readonly Answer[]): number => answers.filter(({ status }) => status === 200).length;

describe('several authenticators under attack', () => {
  beforeAll(async () => {
    stage = await startSeveralStage();
  });
  afterAll(() => stage.stop());
  beforeEach(() => {
    stage.time.now += DAY;
    stage.events.length = 0;
  });

  const signUp = (): Promise<SeveralUser> => SeveralUser.signUp(stage);
  async function withApps(...names: string[]): Promise<{ user: SeveralUser; secrets: string[] }> {
    const user = await signUp();
    const secrets: string[] = [];
    for (const name of names) secrets.push(await user.addApp(name));
    return { user, secrets };
  }
  const batch = (user: SeveralUser, payloads: readonly object[]): Promise<Answer> => {
    const requests = payloads.map((authData) => ({ method: 'PUT', path: `/parse/users/${user.person.id}`, body: { authData } }));
    return stage.call('POST', '/batch', { requests }, user.person.session);
  };

  it('200 parallel guesses at three apps are compared with no more codes than ten guesses at one', async () => {
    const { user, secrets } = await withApps('A', 'B', 'C');
    const valid = secrets.flatMap((secret) => [-1, 0, 1].map((ahead) => stage.totp(secret, ahead)));
    const wrong = Array.from({ length: 1000 }, (_, index) => String(index).padStart(6, '0')).filter(
      (code) => !valid.includes(code),
    );
    const answers = await parallel(200, (index) => user.logIn({ totp: wrong[index] }));
    const slugs = answers.map(slug);
    expect(slugs.filter((each) => each === 'code_rejected').length).toBeLessThanOrEqual(4);
    expect(slugs.every((each) => ['code_rejected', 'locked'].includes(each))).toBe(true);
    for (const secret of secrets) expect(slug(await user.logIn({ totp: stage.totp(secret) }))).toBe('locked');
  });

  it('20 parallel logins with one code of each app open one session for each', async () => {
    const { user, secrets } = await withApps('A', 'B', 'C');
    const codes = secrets.map((secret) => stage.totp(secret));
    const answers = await parallel(60, (index) => user.logIn({ totp: codes[index % 3] }));
    expect(succeeded(answers)).toBeLessThanOrEqual(3);
    const rejected = answers.filter(({ status }) => status !== 200).map(slug);
    expect(rejected.every((each) => ['code_rejected', 'locked'].includes(each))).toBe(true);
  });

  it('a code that was used before its app became the first stays used', async () => {
    const { user, secrets } = await withApps('A', 'B');
    const code = stage.totp(String(secrets[1]));
    expect((await user.logIn({ totp: code })).status).toBe(200);
    expect((await user.save({ totp: { remove: await user.idOf('totp', 'A') } })).status).toBe(200);
    expect(slug(await user.logIn({ totp: code }))).toBe('code_rejected');
  });

  it('a set-up that was confirmed while others filled the list does not exceed the bound', async () => {
    const user = await signUp();
    await user.addApp('App');
    const [one, two, late] = [newPhone(), newPhone(), newPhone()];
    await user.addPhone(one, '1');
    await user.addPhone(two, '2');
    const held = holdNextSave();
    const code = await user.sendTo({ otp: { phone: late } });
    const waiting = user.save({ otp: { phone: late, code, name: 'late' } });
    await held.arrived;
    stage.time.now += MINUTE;
    await user.addPhone(newPhone(), '3');
    held.open();
    expect(slug(await waiting)).toBe('invalid_input');
    expect((await user.shown('otp')).map(({ name }) => name)).toEqual(['1', '2', '3']);
  });

  it('two set-ups of one number at the same moment add it once', async () => {
    const user = await signUp();
    await user.addApp('App');
    await user.addPhone(newPhone(), '1');
    const phone = newPhone();
    const held = holdNextSave();
    const code = await user.sendTo({ otp: { phone } });
    const waiting = user.save({ otp: { phone, code, name: 'late' } });
    await held.arrived;
    stage.time.now += MINUTE;
    await user.addPhone(phone, 'early');
    held.open();
    expect(slug(await waiting)).toBe('already_enrolled');
    expect((await user.shown('otp')).map(({ name }) => name)).toEqual(['1', 'early']);
  });

  it('20 parallel confirmations of one set-up add one app', async () => {
    const { user } = await withApps('A');
    const code = stage.totp(await user.beginApp());
    const answers = await parallel(20, (index) => user.save({ totp: { code, name: `B${index}` } }));
    expect(succeeded(answers)).toBe(1);
    expect(await user.shown('totp')).toHaveLength(2);
  });

  it('20 parallel removals with one proof remove one authenticator, and never the last', async () => {
    const { user } = await withApps('A', 'B');
    const ids = (await user.shown('totp')).map(({ id }) => id);
    const answers = await parallel(20, (index) => user.save({ totp: { remove: ids[index % 2] } }));
    expect(succeeded(answers)).toBe(1);
    expect(await user.shown('totp')).toHaveLength(1);
    expect((await user.logIn()).status).toBe(400);
  });

  it('removals in one batch need a proof each', async () => {
    const { user } = await withApps('A', 'B', 'C');
    const ids = (await user.shown('totp')).map(({ id }) => id);
    const { body } = await batch(
      user,
      ids.map((id) => ({ totp: { remove: id } })),
    );
    expect((body as unknown as object[]).filter((each) => Object.hasOwn(each, 'success'))).toHaveLength(1);
    expect(await user.shown('totp')).toHaveLength(2);
  });

  it('a removal and a set-up in one batch leave a factor that still gates the login', async () => {
    const { user } = await withApps('A', 'B');
    const ids = (await user.shown('totp')).map(({ id }) => id);
    const code = stage.totp(await user.beginApp());
    const removals = ids.map((id) => ({ totp: { remove: id } }));
    await batch(user, [...removals, { totp: { code, name: 'C' } }, ...removals]);
    expect((await user.shown('totp')).length).toBeGreaterThan(0);
    expect((await user.logIn()).status).toBe(400);
  });

  it("another user's id chooses, renames, replaces and removes nothing", async () => {
    const [ann, bob] = [await signUp(), await signUp()];
    for (const user of [ann, bob]) {
      await user.addPhone(newPhone(), 'Mine');
      await user.addPhone(newPhone(), 'Work');
    }
    const id = await ann.idOf('otp', 'Work');
    const phone = newPhone();
    stage.time.now += MINUTE;
    const sent = stage.sms.messages.length;
    expect(slug(await bob.ask({ otp: { id } }))).toBe('not_enrolled');
    for (const otp of [{ id }, { phone, replace: id }])
      expect(slug(await stage.challenge({ challengeData: { otp } }, bob.person.session))).toBe('not_enrolled');
    expect(stage.sms.messages).toHaveLength(sent);
    for (const otp of [{ rename: id, name: 'x' }, { remove: id }, { phone, code: '123456', replace: id }])
      expect(slug(await bob.save({ otp }))).toBe('not_enrolled');
    const foreign = await stage.call('PUT', `/users/${ann.person.id}`, { authData: { otp: { remove: id } } }, bob.person.session);
    expect(slug(foreign)).toBe('session_required');
    expect((await ann.shown('otp')).map(({ name }) => name)).toEqual(['Mine', 'Work']);
    expect((await bob.shown('otp')).map(({ name }) => name)).toEqual(['Mine', 'Work']);
  });

  it('a code that was sent to a number does not outlive its removal, even if the number is added again', async () => {
    const user = await signUp();
    const secret = await user.addApp('App');
    const [one, two] = [newPhone(), newPhone()];
    await user.addPhone(one, 'Mine');
    await user.addPhone(two, 'Work');
    const code = await user.codeFor({ otp: { id: await user.idOf('otp', 'Work') } });
    await user.save({ otp: { remove: await user.idOf('otp', 'Work') } });
    expect(slug(await user.logIn({ otp: code }))).toBe('code_rejected');
    await user.freshen(secret);
    await user.addPhone(two, 'Work again');
    expect(slug(await user.logIn({ otp: code }))).toBe('code_rejected');
    const next = await user.codeFor({ otp: { id: await user.idOf('otp', 'Work again') } });
    expect((await user.logIn({ otp: next })).status).toBe(200);
  });

  it('a code that was sent to one number is void once one was sent to another', async () => {
    const user = await signUp();
    await user.addPhone(newPhone(), 'Mine');
    await user.addPhone(newPhone(), 'Work');
    const first = await user.codeFor({ otp: true });
    stage.time.now += MINUTE;
    const second = await user.codeFor({ otp: { id: await user.idOf('otp', 'Work') } });
    const refused = await user.logIn({ otp: first });
    expect(refused.body['error']).toBe('code_rejected: A newer code was sent. Use that one.');
    const opened = await parallel(20, () => user.logIn({ otp: second }));
    expect(succeeded(opened)).toBe(1);
  });

  it('numbers of two countries share one count of guesses and of sessions', async () => {
    const user = await signUp();
    await user.addPhone(newPhone(), 'US');
    await user.addPhone('+33612345678', 'FR');
    const code = await user.codeFor({ otp: { id: await user.idOf('otp', 'FR') } });
    const guesses = await parallel(20, () => user.logIn({ otp: otherThan(code) }));
    expect(guesses.filter((each) => slug(each) === 'code_rejected').length).toBeLessThanOrEqual(5);
    stage.time.now += DAY;
    const next = await user.codeFor({ otp: { id: await user.idOf('otp', 'FR') } });
    stage.events.length = 0;
    expect(succeeded(await parallel(20, () => user.logIn({ otp: next })))).toBe(1);
    expect(stage.events.filter(({ type }) => type === 'verified')).toMatchObject([{ country: 'FR' }]);
  });

  it('no session that a removed authenticator was opening outlives the removal', async () => {
    const { user, secrets } = await withApps('A', 'B');
    await user.freshen(String(secrets[0]));
    const id = await user.idOf('totp', 'B');
    const code = stage.totp(String(secrets[1]));
    const [removed, ...logins] = await Promise.all([
      user.save({ totp: { remove: id } }),
      ...Array.from({ length: 10 }, () => user.logIn({ totp: code })),
    ]);
    expect(removed.status).toBe(200);
    for (const login of logins.filter(({ status }) => status === 200)) {
      const me = await stage.call('GET', '/users/me', undefined, sessionHeaders(login));
      expect(me.status).not.toBe(200);
    }
  });

  it('a stolen session without a proof adds, replaces and removes nothing, and learns no address', async () => {
    const user = await signUp();
    const [one, two] = [newPhone(), newPhone()];
    await user.addPhone(one, 'Mine');
    await user.addPhone(two, 'Work');
    stage.time.now += 10 * MINUTE;
    const [mine] = await user.shown('otp');
    const phone = newPhone();
    for (const otp of [{ phone }, { phone, replace: mine?.id }])
      expect(slug(await stage.challenge({ challengeData: { otp } }, user.person.session))).toBe('fresh_proof_required');
    for (const otp of [{ phone, code: '123456' }, { phone, code: '123456', replace: mine?.id }, { remove: mine?.id }])
      expect(slug(await user.save({ otp }))).toBe('fresh_proof_required');
    const shown = JSON.stringify(await user.status('otp'));
    for (const address of [one, two]) expect(shown).not.toContain(address.slice(2, 8));
    expect(await stage.rows.dump()).not.toContain(two.slice(-10));
  });
});

describe('records of before', () => {
  afterEach(() => stage.stop());
  const keys = generateKey('test');

  /** Stops the server, and starts another on its database that allows so many authenticators. */
  async function restart(max: number): Promise<void> {
    const { databaseUri, time } = stage;
    await stage.stop();
    stage = await startStage(severalOptions(max, { databaseUri, compose: { keys } }));
    stage.time.now = time.now + DAY;
  }
  /** The record of a factor, as JSON. */
  async function recordOf(user: SeveralUser, key: string): Promise<string> {
    const { sealed } = (await storedFactors(stage, user.person))[key] ?? {};
    return new Keyring(keys).open(String(sealed), 'enrolment', 'test', user.person.id, key).plaintext;
  }
  const at = (user: SeveralUser): SeveralUser => new SeveralUser(stage, user.person);

  it('are as they were where a user can have one authenticator', async () => {
    stage = await startStage(severalOptions(1, { compose: { keys } }));
    const user = await SeveralUser.signUp(stage);
    const phone = newPhone();
    await stage.enrolPhone(user.person, phone);
    await stage.enrolEmail(user.person, 'ann@example.com');
    const secret = await stage.enrolTotp(user.person);
    expect(await recordOf(user, 'otp')).toBe(`{"address":"${phone}"}`);
    expect(await recordOf(user, 'email')).toBe('{"address":"ann@example.com"}');
    expect(await recordOf(user, 'totp')).toBe(`{"secret":"${secret}","algorithm":"SHA1","digits":6,"stepSeconds":30}`);
    expect(await user.status('totp')).toEqual({ status: 'enabled' });
    expect(await user.status('otp')).toEqual({ status: 'enabled', destination: '•••• 2002' });
    // What only several authenticators know is refused as before, and another set-up replaces.
    for (const totp of [{ code: '123456', name: 'x' }, { rename: 'first', name: 'x' }, { remove: 'first' }])
      expect(slug(await user.save({ totp }))).toBe('invalid_input');
    expect(slug(await user.ask({ otp: { id: 'first' } }))).toBe('session_required');
    stage.time.now += MINUTE;
    await stage.enrolPhone(user.person, newPhone());
    expect(stage.events.map(({ type }) => type)).toContain('replaced');
  });

  it('open with several, take another beside them, and still open with one', async () => {
    stage = await startStage(severalOptions(1, { compose: { keys } }));
    const before = await SeveralUser.signUp(stage);
    const phone = newPhone();
    await stage.enrolPhone(before.person, phone);
    const old = await stage.enrolTotp(before.person);
    const used = stage.totp(old);
    expect((await before.logIn({ totp: used })).status).toBe(200);
    const { now } = stage.time;

    await restart(3);
    const user = at(before);
    stage.time.now = now;
    expect(slug(await user.logIn({ totp: used }))).toBe('code_rejected'); // the mark is where it was
    stage.time.now += DAY;
    expect(await user.shown('totp')).toEqual([{ id: 'first', name: 'Unnamed app' }]);
    expect(await user.shown('otp')).toEqual([{ id: 'first', name: 'Unnamed number', destination: '•••• 2002' }]);
    await user.freshen(old);
    const added = await user.addApp('New');
    await user.addPhone(newPhone(), 'New');
    expect((await user.shown('totp')).map(({ id, name }) => [id, name])[0]).toEqual(['first', 'Unnamed app']);
    expect((await user.save({ totp: { rename: 'first', name: 'Old' } })).status).toBe(200);
    for (const secret of [old, added]) expect((await user.logIn({ totp: stage.totp(secret) })).status).toBe(200);
    stage.time.now += MINUTE;
    expect((await user.logIn({ otp: await user.codeFor({ otp: { id: 'first' } }) })).status).toBe(200);
    expect(stage.sms.messages.at(-1)?.to).toBe(phone);

    await restart(1);
    const later = at(before);
    for (const secret of [old, added]) expect((await later.logIn({ totp: stage.totp(secret) })).status).toBe(200);
    expect((await later.shown('totp')).map(({ name }) => name)).toEqual(['Old', 'New']);
    const id = await later.idOf('otp', 'New');
    expect((await later.logIn({ otp: await later.codeFor({ otp: { id } }) })).status).toBe(200);
    await later.freshen(old);
    expect((await later.save({ totp: { remove: await later.idOf('totp', 'New') } })).status).toBe(200);
    expect((await later.shown('totp')).map(({ name }) => name)).toEqual(['Old']);
  });
});

describe('a new password by a code', () => {
  let rig: ResetRig;
  afterEach(() => rig?.stage.stop());
  const named = { factor: 'emailLogin', email: 'ann@example.com' };
  const password = 'another password';

  async function withAddresses(...addresses: string[]): Promise<SeveralUser> {
    rig = await ResetRig.start(severalOptions(3));
    const user = new SeveralUser(rig.stage, await rig.withEmail('ann@example.com'));
    for (const address of addresses) await user.addEmail(address, address);
    rig.later();
    return user;
  }

  it('does not count the mailbox that received it, even as the second of several addresses', async () => {
    const user = await withAddresses('ann@work.example', 'ann@example.com');
    const code = await rig.codeFor(named);
    expect(slug(await rig.set({ ...named, code, password }))).toBe('factor_required');
    const same = await user.idOf('email', 'ann@example.com');
    expect(slug(await rig.set({ ...named, code, challengeData: { email: { id: same } } }))).toBe('not_enrolled');
    rig.stage.time.now += MINUTE;
    const asked = await rig.set({ ...named, code, challengeData: { email: true } });
    expect(asked.body['result'].challengeData.email).not.toHaveProperty('destinations');
    expect(rig.stage.mail.messages.at(-1)?.to).toBe('ann@work.example');
    const authData = { email: rig.stage.lastCode(rig.stage.mail) };
    expect((await rig.set({ ...named, code, password, authData })).status).toBe(200);
  });

  it('does not count it where the other address is another spelling of that mailbox and an app is there', async () => {
    const user = await withAddresses('ann@example.com', 'ann+codes@example.com');
    const code = await rig.codeFor(named);
    // The other spelling is the only factor that is left: it is not waived.
    expect(slug(await rig.set({ ...named, code, password }))).toBe('factor_required');
    rig.later();
    await user.save({ email: await user.sendTo({ email: true }) });
    await user.addApp('App');
    const again = await rig.codeFor(named);
    expect(slug(await rig.set({ ...named, code: again, challengeData: { email: true } }))).toBe('not_enrolled');
  });

  it('chooses among the addresses that count', async () => {
    const user = await withAddresses('ann@example.com', 'ann@work.example', 'ann@home.example');
    const code = await rig.codeFor(named);
    rig.stage.time.now += MINUTE;
    const id = await user.idOf('email', 'ann@home.example');
    const { passwordReset } = newApp(rig.stage.url).client;
    const asked = await passwordReset.challenge('emailLogin', { email: 'ann@example.com', code }, { key: 'email', id });
    expect(JSON.parse(String(asked.destinations))).toHaveLength(2);
    expect(rig.stage.mail.messages.at(-1)?.to).toBe('ann@home.example');
    const authData = { email: rig.stage.lastCode(rig.stage.mail) };
    expect((await rig.set({ ...named, code, password, authData })).status).toBe(200);
  });

  it('needs no second factor of a user whose only address received it', async () => {
    await withAddresses('ann@example.com');
    const code = await rig.codeFor(named);
    expect(await rig.set({ ...named, code, password })).toMatchObject({ status: 200 });
  });
});
