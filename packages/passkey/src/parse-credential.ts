import { FactorError } from '@parse-factors/core';
import { asObject, readFields, type FieldRule } from '@parse-factors/core/factor';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';

/** The response to a registration. */
export interface RegistrationAnswer extends ClientData {
  readonly kind: 'registration';
  readonly response: RegistrationResponseJSON;
}

/** The response to an authentication. */
export interface AssertionAnswer extends ClientData {
  readonly kind: 'assertion';
  readonly response: AuthenticationResponseJSON;
}

interface ClientData {
  /** The challenge that was answered, in Base64url. */
  readonly challenge: string;
  /** Whether a page of another site made the request from within a frame. */
  readonly isCrossOrigin: boolean;
}

const base64url = (maxLength: number): FieldRule => ({ maxLength, pattern: /^[A-Za-z0-9_-]+$/, accepts: 'a Base64url string' });

/** A credential's id has at most 1023 bytes (WebAuthn Level 3, section 4). */
export const CREDENTIAL_ID: FieldRule = base64url(1364);
/** A user handle has at most 64 bytes (WebAuthn Level 3, section 5.4.3). */
export const USER_HANDLE: FieldRule = base64url(88);

const MAX_JSON = 65_536;
const CLIENT_DATA = base64url(8192);
const PUBLIC_KEY: FieldRule = { maxLength: 10, pattern: /^public-key$/, accepts: '"public-key"' };
const ASSERTION = { clientDataJSON: CLIENT_DATA, authenticatorData: base64url(8192), signature: base64url(8192) };
const REGISTRATION = { clientDataJSON: CLIENT_DATA, attestationObject: base64url(32_768) };
const TRANSPORT = /^[a-z-]{1,20}$/;
const MAX_TRANSPORTS = 8;

/**
 * Parses a `RegistrationResponseJSON` or an `AuthenticationResponseJSON` (WebAuthn Level 3, section 5.1), given as an object or
 * as JSON text. Fields that are not needed are dropped.
 * @throws FactorError `invalid_input`, naming the field
 */
export function readCredential(credential: unknown): RegistrationAnswer | AssertionAnswer {
  const object = asObject(typeof credential === 'string' ? parse(credential) : credential);
  const inner = asObject(object?.['response']);
  if (object === undefined || inner === undefined) throw malformed('credential');
  const { id } = pick(object, { id: CREDENTIAL_ID });
  const { rawId } = pick(object, { rawId: CREDENTIAL_ID });
  pick(object, { type: PUBLIC_KEY });
  if (rawId !== id) throw malformed('rawId');
  const outer = { id, rawId, type: 'public-key', clientExtensionResults: {} } as const;
  if (!Object.hasOwn(inner, 'attestationObject')) {
    const userHandle = (inner['userHandle'] ?? undefined) === undefined ? {} : pick(inner, { userHandle: USER_HANDLE });
    const response = { ...pick(inner, ASSERTION), ...userHandle };
    return { kind: 'assertion', response: { ...outer, response }, ...readClientData(response.clientDataJSON) };
  }
  const response = { ...pick(inner, REGISTRATION), transports: readTransports(inner['transports']) };
  return { kind: 'registration', response: { ...outer, response }, ...readClientData(response.clientDataJSON) };
}

const malformed = (field: string): FactorError =>
  new FactorError('invalid_input', { sentence: `Field "${field}" must have the format of PublicKeyCredential.toJSON().` });

/** Reads the named fields of an object and ignores others. */
function pick<Name extends string>(
  from: Readonly<Record<string, unknown>>,
  rules: Readonly<Record<Name, FieldRule>>,
): Record<Name, string> {
  const named = Object.keys(rules).filter((name) => Object.hasOwn(from, name));
  return readFields(Object.fromEntries(named.map((name) => [name, from[name]])), rules);
}

/** @throws FactorError `invalid_input` unless it is a JSON object in UTF-8 with a challenge */
function readClientData(clientDataJson: string): ClientData {
  const { challenge, crossOrigin } = asObject(parse(Buffer.from(clientDataJson, 'base64url').toString('utf8'))) ?? {};
  if (typeof challenge !== 'string') throw malformed('clientDataJSON');
  return { challenge, isCrossOrigin: crossOrigin !== undefined && crossOrigin !== false };
}

/** Reads the transports. They are only a hint for later requests, so unknown values are dropped. */
function readTransports(transports: unknown): string[] {
  const known: unknown[] = Array.isArray(transports) ? transports.slice(0, MAX_TRANSPORTS) : [];
  return known.filter((transport): transport is string => typeof transport === 'string' && TRANSPORT.test(transport));
}

function parse(json: string): unknown {
  try {
    return json.length > MAX_JSON ? undefined : (JSON.parse(json) as unknown);
  } catch {
    return undefined;
  }
}
