import {
  composeFactors,
  generateKey,
  type AnyFactor,
  type InstallOptions,
  type ParseCloud,
  type PolicyOption,
} from '@parse-factors/core';
import { mfaCompat, type MfaCompatOptions } from '@parse-factors/mfa-compat';
import { totpAt } from '@parse-factors/totp';
import { vi } from 'vitest';
import { startParseServer, type Answer, type Person, type TestServer } from '@parse-factors/test-server/parse-server';
import { MINUTE } from './time.js';
import { storedFactors } from './rows.js';

/** The options that a developer has given the built-in adapter. */
export type BuiltInOptions = Pick<MfaCompatOptions, 'enabled' | 'options' | 'digits' | 'period' | 'algorithm'>;

/** A server with one of the two adapters, and what its clients do. */
export interface MfaRig extends TestServer {
  /** What went out by SMS. */
  readonly sms: { readonly token: string; readonly mobile: string }[];
  readonly keys: string;
  save(person: Person, mfa: unknown): Promise<Answer>;
  logIn(person: Person, mfa?: unknown): Promise<Answer>;
  /** What its owner sees of `authData.mfa`. */
  shown(person: Person): Promise<unknown>;
  /** What stands in the database. */
  stored(person: Person): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Sets up an authenticator; gives the recovery codes. The step that did it is over afterwards. */
  enrolTotp(person: Person, secret?: string): Promise<readonly string[]>;
  enrolMobile(person: Person, mobile?: string): Promise<void>;
  lastToken(): string;
}

export const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
export const OTHER_SECRET = 'KRUGKIDROVUWG2ZAMJZG653OEBTG66BA';
export const MOBILE = '+15551234567';

/** The faked time goes on by that much. */
export const pass = (milliseconds: number): void => void vi.setSystemTime(Date.now() + milliseconds);

/** As authenticators read it: bits that make no whole byte are left over. */
function bytesOf(base32: string): Uint8Array {
  const digits = [...base32].map((character) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character).toString(2).padStart(5, '0'),
  );
  return Uint8Array.from(digits.join('').match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

/** The code that an authenticator shows. */
export function totp(secret: string, stepsAhead = 0, period = 30, digits = 6): string {
  const parameters = { secret: bytesOf(secret), algorithm: 'SHA1', digits, stepSeconds: period } as const;
  return totpAt(parameters, Math.floor(Date.now() / 1000 / period) + stepsAhead);
}

const BOTH: BuiltInOptions = { enabled: true, options: ['SMS', 'TOTP'], digits: 6, period: 30, algorithm: 'SHA1' };

/** The adapter that comes with Parse Server. */
export async function startBuiltIn(databaseServer: string, options: Partial<BuiltInOptions> = {}, uri?: string): Promise<MfaRig> {
  const sms: MfaRig['sms'] = [];
  const sendSMS = (token: string, mobile: string): void => void sms.push({ token, mobile });
  const server = await startParseServer(databaseServer, { auth: { mfa: { ...BOTH, ...options, sendSMS } } }, uri);
  return Object.assign(server, extras(server, sms, ''));
}

/** What a test may choose otherwise. */
export interface CompatOptions {
  readonly compat?: Partial<MfaCompatOptions>;
  readonly more?: Readonly<Record<string, AnyFactor>>;
  readonly keys?: string;
  readonly install?: InstallOptions;
  readonly policy?: PolicyOption;
  readonly cloud?: (factors: ReturnType<typeof composeFactors>, parse: ParseCloud) => void;
  readonly onEvent?: (event: { readonly type: string; readonly reason?: string }) => void;
}

/** Ours, under the same key and with the same options. */
export async function startCompat(databaseServer: string, given: CompatOptions = {}, uri?: string): Promise<MfaRig> {
  const { compat, more, keys = generateKey('test'), install, policy, cloud: addCloud, onEvent } = given;
  const sms: MfaRig['sms'] = [];
  const sendSMS = (token: string, mobile: string): void => void sms.push({ token, mobile });
  const factors = composeFactors({
    keys,
    selfCheck: false,
    factors: { mfa: mfaCompat({ ...BOTH, sendSMS, countries: 'any', ...compat }), ...more },
    ...(onEvent && { onEvent }),
    ...(policy !== undefined && { policy }),
  });
  const cloud = (parse: ParseCloud): void => {
    factors.install(parse, install);
    addCloud?.(factors, parse);
  };
  const server = await startParseServer(databaseServer, { auth: { ...factors.auth }, cloud }, uri);
  return Object.assign(server, extras(server, sms, keys));
}

function extras(server: TestServer, sms: MfaRig['sms'], keys: string): Omit<MfaRig, keyof TestServer> {
  const save: MfaRig['save'] = (person, mfa) => server.call('PUT', `/users/${person.id}`, { authData: { mfa } }, person.session);
  const lastToken = (): string => sms.at(-1)?.token ?? '';
  const expectOk = ({ status, body }: Answer): Answer => {
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return { status, body };
  };
  return {
    sms,
    keys,
    save,
    lastToken,
    logIn: ({ username, password }, mfa) =>
      server.call('POST', '/login', { username, password, ...(mfa !== undefined && { authData: { mfa } }) }),
    shown: async ({ session }) => (await server.call('GET', '/users/me', undefined, session)).body['authData']?.mfa,
    stored: async (person) => (await storedFactors(server, person))['mfa'] ?? undefined,
    async enrolTotp(person, secret = SECRET) {
      const { body } = expectOk(await save(person, { secret, token: totp(secret) }));
      pass(MINUTE);
      return String(body['authDataResponse'].mfa.recovery).split(', ');
    },
    async enrolMobile(person, mobile = MOBILE) {
      expectOk(await save(person, { mobile }));
      expectOk(await save(person, { mobile, token: lastToken() }));
      pass(MINUTE);
    },
  };
}
