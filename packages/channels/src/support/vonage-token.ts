import { createPrivateKey, createSign, type KeyObject, randomUUID } from 'node:crypto';
import type { OptionRule } from '@parse-factors/core/factor';

/** How long a token is valid, in seconds. Each request has its own. */
const LIFETIME_SECONDS = 120;

function rsaKey(pem: unknown): KeyObject | undefined {
  try {
    const key = createPrivateKey(String(pem));
    return key.asymmetricKeyType === 'rsa' ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Accepts a private key for RS256. */
export const privateKeyOption: OptionRule = {
  accepts: 'the private key of the application: an RSA key in PEM, with its first and last line',
  isValid: (value) => typeof value === 'string' && rsaKey(value) !== undefined,
};

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Makes a token that authenticates a Vonage application (RFC 7519, RS256). */
export function vonageToken(applicationId: string, privateKey: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { application_id: applicationId, iat: now, nbf: now, exp: now + LIFETIME_SECONDS, jti: randomUUID() };
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
}
