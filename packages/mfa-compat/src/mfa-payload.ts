import { asObject, typedCode } from '@parse-factors/core/factor';

/** The fields of a payload that say something. */
export type MfaField = 'token' | 'secret' | 'old' | 'mobile';

/** What a client sends, as far as it says something. Its values are looked at by what uses them. */
export type MfaPayload = Readonly<Partial<Record<MfaField, unknown>>>;

/** What SDKs send along: the user's id, and the status that they were shown. The built-in adapter passes over both. */
const SENT_ALONG = ['id', 'status'];
const FIELDS = new Set(['token', 'code', 'secret', 'old', 'mobile', ...SENT_ALONG]);
const MAX_LENGTH = 320;

const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= MAX_LENGTH;

/**
 * Reads `{ token }`, `{ secret, token }`, `{ old, secret, token }`, `{ mobile }`, `{ mobile, token }`, and as with every
 * factor `"123456"` and `{ code }`. A token is brought into one form, however it was typed. A null counts as left out, as for the built-in adapter. Undefined for everything else.
 */
export function readMfaPayload(payload: unknown): MfaPayload | undefined {
  const given = typeof payload === 'string' ? { token: payload } : asObject(payload);
  if (given === undefined) return undefined;
  const { code, ...fields } = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const isKnown = Object.keys(given).every((name) => FIELDS.has(name));
  const isClear = code === undefined || fields['token'] === undefined;
  const isSound = SENT_ALONG.every((name) => fields[name] === undefined || isText(fields[name]));
  if (!isKnown || !isClear || !isSound) return undefined;
  for (const name of SENT_ALONG) delete fields[name];
  const token: unknown = code ?? fields['token'];
  return token === undefined ? fields : { ...fields, token: typeof token === 'string' ? typedCode(token) : token };
}

/** The token of an answer. What stands beside it is for setting up: the built-in adapter passes over it here. */
export function tokenOf(payload: unknown): unknown {
  const { token, ...others } = readMfaPayload(payload) ?? {};
  return Object.values(others).every(isText) ? token : undefined;
}
