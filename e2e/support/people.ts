import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import type { Stage } from './stage.js';
import { MINUTE } from './time.js';

/** A user with an authenticator, and its secret. */
export interface Enrolled {
  readonly person: Person;
  readonly secret: string;
}

/** A user with an authenticator, recovery codes and a trusted device. */
export interface Equipped extends Enrolled {
  readonly codes: string[];
  readonly token: string;
}

function responseOf({ status, body }: Answer, factor: string): Readonly<Record<string, unknown>> {
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body['authDataResponse'][factor] as Readonly<Record<string, unknown>>;
}

/** Signs a user up and sets up their authenticator. Their session is fresh. */
export async function enrolled(stage: Stage, fields?: object): Promise<Enrolled> {
  const person = await stage.signUp(fields);
  return { person, secret: await stage.enrolTotp(person) };
}

/** The same, five minutes later: the session is not fresh any more. */
export async function enrolledLongAgo(stage: Stage): Promise<Enrolled> {
  const user = await enrolled(stage);
  stage.time.now += 5 * MINUTE;
  return user;
}

/** Makes recovery codes for a user whose session is fresh. The stage needs `recovery`. */
export const makeRecoveryCodes = async (stage: Stage, person: Person): Promise<string[]> =>
  String(responseOf(await stage.save(person, { recovery: { generate: 'true' } }), 'recovery')['codes']).split(', ');

/** Trusts a device of a user whose session is fresh, and gives its token. The stage needs `device`. */
export const trustDevice = async (stage: Stage, person: Person, name = 'Laptop'): Promise<string> =>
  String(responseOf(await stage.save(person, { device: { remember: 'true', name } }), 'device')['token']);

/** Signs a user up with a phone as well, an authenticator, a trusted device and recovery codes. Needs `recovery` and `device`. */
export async function equippedWithPhone(stage: Stage, phone: string): Promise<Equipped> {
  const person = await stage.signUp();
  await stage.enrolPhone(person, phone);
  const secret = await stage.enrolTotp(person);
  const token = await trustDevice(stage, person);
  return { person, secret, token, codes: await makeRecoveryCodes(stage, person) };
}

/** Signs a user up who sets up everything. The stage needs `recovery` and `device`. */
export async function equipped(stage: Stage, deviceName?: string): Promise<Equipped> {
  const user = await enrolled(stage);
  const codes = await makeRecoveryCodes(stage, user.person);
  return { ...user, codes, token: await trustDevice(stage, user.person, deviceName) };
}
