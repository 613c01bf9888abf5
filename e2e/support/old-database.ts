import { FieldsFactor } from '@parse-factors/fields';
import { mfaCompat } from '@parse-factors/mfa-compat';
import { PasskeyFactor } from '@parse-factors/passkey';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import type pg from 'pg';
import { createDatabase } from '@parse-factors/test-server/database/test-database';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { authenticatorCode } from './authenticator-code.js';
import { PasskeyUser, ORIGIN } from './passkey-stage.js';
import { SoftAuthenticator, type SavedAuthenticator } from './soft-authenticator.js';
import { startStageOn, type Stage } from './stage.js';
import { sessionHeaders } from './requests.js';
import { MINUTE } from './time.js';

/**
 * A database with users of every factor, live codes, locks and a rotated key, and what opens it. `old-database.json` was
 * written by `fill` and `dumpTables` on the code of commit 7c47782.
 */

/** The keys that the database was written with: records of two users are sealed under the older one. */
export const KEYS = 'new:53EwkroAR+OqQxBv/vUGtC+mxsXzg7OiYfIqUkXDb8I=,old:EsnDqUzhMWmDNrXxhVb4LkfTvoZTkVgECheur730VuY=';
const OLD_KEY = 'old:EsnDqUzhMWmDNrXxhVb4LkfTvoZTkVgECheur730VuY=';
const MFA_SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** What the users of the database know and have. */
export interface Credentials {
  /** The time at which it was written, in epoch milliseconds. */
  readonly writtenAt: number;
  readonly people: Readonly<Record<string, Person>>;
  readonly phone: string;
  readonly email: string;
  readonly totpSecret: string;
  readonly recoveryCodes: readonly string[];
  readonly deviceToken: string;
  readonly passkey: SavedAuthenticator;
  readonly mfaRecovery: string;
  /** Codes that were live, by what they are for. */
  readonly live: Readonly<Record<'smsLogin' | 'emailLogin' | 'enrolment', string>>;
  /** The secret of an authenticator whose set-up was begun. */
  readonly pendingSecret: string;
}

/** A table as `information_schema` has it, with its rows as JSON. */
export interface Table {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly primaryKey: readonly string[];
  readonly rows: readonly unknown[];
}

/** A server with every factor on the database, or on an empty one. */
export function startOldStage(postgres: string, databaseUri?: string, keys: string = KEYS): Promise<Stage> {
  return startStageOn(postgres, {
    install: { adminFunctions: true },
    compose: { keys },
    ...(databaseUri !== undefined && { databaseUri }),
    more: {
      recovery: new RecoveryCodesFactor(),
      device: new TrustedDeviceFactor(),
      passkey: new PasskeyFactor({ rpId: 'acme.example', origins: [ORIGIN], policy: 'solo' }),
      member: new FieldsFactor({ find: 'memberNumber', match: ['postcode'] }),
      mfa: mfaCompat({ options: ['TOTP'], digits: 6, period: 30, algorithm: 'SHA1' }),
    },
  });
}

/** Writes the users. The stage's clock goes on, and stands at `writtenAt` afterwards. */
export async function fill(postgres: string): Promise<{ credentials: Credentials; stage: Stage }> {
  const before = await startOldStage(postgres, undefined, OLD_KEY);
  const early = before.time.now;
  const ann = await before.signUp();
  const totpSecret = await before.enrolTotp(ann);
  const recovery = ok(await before.save(ann, { recovery: { generate: 'true' } }));
  const recoveryCodes = String(recovery.body['authDataResponse'].recovery.codes).split(', ');
  const { databaseUri, time } = before;
  const at = time.now;
  await before.stop();

  const stage = await startOldStage(postgres, databaseUri);
  stage.time.now = Math.max(early, at) + 10 * MINUTE;
  const numbered = async (name: string, fields: object = {}): Promise<Person> => named(stage, name, fields);
  const [ben, cid, dot, eve, fay, gil, hal] = [
    await numbered('ben'),
    await numbered('cid'),
    await numbered('dot', { memberNumber: 'a-1', postcode: 'SW1A 1AA' }),
    await numbered('eve'),
    await numbered('fay'),
    await numbered('gil'),
    await numbered('hal'),
  ];
  const [phone, email] = ['+15551234567', 'cid@example.com'];
  await stage.enrolPhone(ben, phone);
  await stage.enrolEmail(cid, email);
  await stage.enrolPhone(dot, '+15551234568');
  ok(await stage.save(ben, { device: { remember: 'true', name: 'Laptop' } }));
  const device = ok(await stage.save(ben, { device: { remember: 'true', name: 'Phone' } }));
  const key = await new PasskeyUser(stage, eve).add(undefined, 'Key');
  const token = authenticatorCode(MFA_SECRET, stage.time.now);
  const mfa = ok(await stage.save(fay, { mfa: { secret: MFA_SECRET, token } }));
  stage.time.now += 2 * MINUTE;
  const ida = await signUpByCode(stage, 'ida@example.com');
  stage.time.now += 2 * MINUTE;
  for (let guess = 0; guess < 10; guess += 1) await stage.logIn(await locked(stage, hal), { totp: '000000' });

  const { username, password } = ben;
  ok(await stage.challenge({ username, password, challengeData: { otp: true } }));
  const smsLogin = stage.lastCode(stage.sms);
  ok(await stage.challenge({ challengeData: { emailLogin: { email: 'ida@example.com' } } }));
  const emailLogin = stage.lastCode(stage.mail);
  ok(await stage.challenge({ challengeData: { email: { email: 'gil@example.com' } } }, gil.session));
  const enrolment = stage.lastCode(stage.mail);
  const begun = ok(await stage.challenge({ challengeData: { totp: true } }, gil.session));
  const pendingSecret = String(begun.body['challengeData'].totp.secret);
  const credentials: Credentials = {
    writtenAt: stage.time.now,
    people: { ann, ben, cid, dot, eve, fay, gil, hal, ida },
    phone,
    email,
    totpSecret,
    recoveryCodes,
    deviceToken: String(device.body['authDataResponse'].device.token),
    passkey: key.save(),
    mfaRecovery: String(mfa.body['authDataResponse'].mfa.recovery).split(/[, ]+/)[0] ?? '',
    live: { smsLogin, emailLogin, enrolment },
    pendingSecret,
  };
  return { credentials, stage };
}

/** Everything in a database. */
export async function dumpTables(sql: pg.Client): Promise<readonly Table[]> {
  const { rows: names } = await sql.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind = 'r' order by 1`,
  );
  const tables: Table[] = [];
  for (const { name } of names) {
    const columns = await sql.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
      [`"${name}"`],
    );
    const primary = await sql.query<{ name: string }>(
      `select a.attname as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
       where i.indrelid = $1::regclass and i.indisprimary`,
      [`"${name}"`],
    );
    const rows = await sql.query<{ row: unknown }>(`select to_json(t) as row from "${name}" t`);
    tables.push({
      name,
      columns: columns.rows.map((column) => [column.name, column.type] as const),
      primaryKey: primary.rows.map((column) => column.name),
      rows: rows.rows.map(({ row }) => row),
    });
  }
  return tables;
}

/** Makes a database of what was dumped; gives its URI. */
export async function restoreTables(postgres: string, tables: readonly Table[]): Promise<string> {
  const { default: pgModule } = await import('pg');
  const uri = await createDatabase(postgres);
  const sql = new pgModule.Client({ connectionString: uri });
  await sql.connect();
  for (const { name, columns, primaryKey, rows } of tables) {
    const fields = columns.map(([column, type]) => `"${column}" ${type}`);
    const primary = primaryKey.length === 0 ? [] : [`primary key (${primaryKey.map((column) => `"${column}"`).join(', ')})`];
    await sql.query(`create table "${name}" (${[...fields, ...primary].join(', ')})`);
    await sql.query(`insert into "${name}" select * from json_populate_recordset(null::"${name}", $1::json)`, [
      JSON.stringify(rows),
    ]);
  }
  await sql.end();
  return uri;
}

function ok(answer: Answer): Answer {
  if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

async function named(stage: Stage, username: string, fields: object): Promise<Person> {
  const password = `password of ${username}`;
  const { body } = ok(await stage.call('POST', '/users', { username, password, ...fields }));
  const session = sessionHeaders({ body });
  return { id: String(body['objectId']), username, password, session };
}

async function signUpByCode(stage: Stage, email: string): Promise<Person> {
  ok(await stage.challenge({ challengeData: { emailLogin: { email } } }));
  const authData = { emailLogin: { id: email, code: stage.lastCode(stage.mail) } };
  const { body } = ok(await stage.call('POST', '/users', { authData }));
  const session = sessionHeaders({ body });
  return { id: String(body['objectId']), username: '', password: '', session };
}

const prepared = new WeakSet<Person>();
/** Sets an authenticator up the first time. */
async function locked(stage: Stage, person: Person): Promise<Person> {
  if (!prepared.has(person)) {
    prepared.add(person);
    await stage.enrolTotp(person);
  }
  return person;
}

/** The authenticator that a passkey was made on. */
export const authenticatorOf = ({ passkey }: Credentials): SoftAuthenticator => new SoftAuthenticator(ORIGIN, 0, passkey);
