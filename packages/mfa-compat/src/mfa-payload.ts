import { asObject, typedCode } from '@parse-factors/core/factor';

/** The fields of a payload that are used. */
export type MfaField = 'token' | 'secret' | 'old' | 'mobile';

/** The used fields of a client's payload. The functions that use a value check it. */
export type MfaPayload = Readonly<Partial<Record<MfaField, unknown>>>;

/** Fields that SDKs send along: the user's id and the status. The built-in adapter ignores both. */
const SENT_ALONG = ['id', 'status'];
const FIELDS = new Set(['token', 'code', 'secret', 'old', 'mobile', ...SENT_ALONG]);
const MAX_LENGTH = 320;

const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= MAX_LENGTH;

/**
 * Reads `{ token }`, `{ secret, token }`, `{ old, secret, token }`, `{ mobile }` and `{ mobile, token }`. Like every factor it
 * also reads `"123456"` and `{ code }`.
 * A token is normalised. Null counts as left out, as in the built-in adapter. Returns undefined for any other payload.
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

/** Returns the token of an answer. The other fields belong to an enrolment; the built-in adapter ignores them here too. */
export function tokenOf(payload: unknown): unknown {
  const { token, ...others } = readMfaPayload(payload) ?? {};
  return Object.values(others).every(isText) ? token : undefined;
}
