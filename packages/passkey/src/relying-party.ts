import { FactorConfigError } from '@parse-factors/core';
import type { OptionRule } from '@parse-factors/core/factor';

/** The relying party that requests passkeys, and its origins. */
export interface RelyingParty {
  /**
   * The relying party's id: the domain that passkeys belong to, such as `acme.example`, or `localhost`. Passkeys work only on
   * it and its subdomains. Changing it makes all passkeys useless.
   */
  readonly rpId: string;
  /**
   * The origins that answers may come from, 1 to 20:
   * - `https://` origins on that domain; for `localhost` also `http://`
   * - Android apps as `android:apk-key-hash:<Base64url of the SHA-256 of the signing certificate>`
   * - apps on Apple's systems: the `https://` origin of their associated domain
   */
  readonly origins: readonly string[];
  /**
   * `https://` origins on other domains, listed at `https://<rpId>/.well-known/webauthn` (WebAuthn Level 3, section 5.11). At
   * most 20; none by default.
   */
  readonly relatedOrigins?: readonly string[];
}

const DOMAIN = /^(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)[a-z-][a-z0-9-]{0,62}(?<!-)$/;
const ANDROID_APP = /^android:apk-key-hash:[A-Za-z0-9_-]{43}$/;
const MAX_ORIGINS = 20;

const isList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= MAX_ORIGINS && value.every((item) => typeof item === 'string');

/** The rules of `rpId`, `origins` and `relatedOrigins`, each on its own. */
export const RELYING_PARTY_RULES: { readonly [Name in keyof Required<RelyingParty>]: OptionRule } = {
  rpId: {
    accepts: 'a domain in lower case without protocol, port or path, such as "acme.example", or "localhost"',
    isValid: (value) => typeof value === 'string' && (value === 'localhost' || DOMAIN.test(value)),
  },
  origins: {
    accepts: `a list of 1 to ${MAX_ORIGINS} origins`,
    isValid: (value) => isList(value) && value.length > 0,
  },
  relatedOrigins: { accepts: `a list of at most ${MAX_ORIGINS} origins`, isValid: isList },
};

/** Parses an origin as browsers write it: no path, no wildcard, no default port. Undefined for anything else. */
function asOrigin(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.origin === text && !text.includes('*') ? url : undefined;
}

function isOwnOrigin(text: string, rpId: string): boolean {
  if (ANDROID_APP.test(text)) return true;
  const url = asOrigin(text);
  if (url === undefined || (url.hostname !== rpId && !url.hostname.endsWith(`.${rpId}`))) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && rpId === 'localhost');
}

/** @throws FactorConfigError naming the option and the invalid origin */
export function assertRelyingParty(owner: string, { rpId, origins, relatedOrigins }: Required<RelyingParty>): void {
  const wrong = origins.find((origin) => !isOwnOrigin(origin, rpId));
  if (wrong !== undefined) {
    throw new FactorConfigError(
      `${owner}: option "origins" must contain only https origins on "${rpId}" or its subdomains (http for localhost only), or android:apk-key-hash:<hash>, without path or wildcard; ${JSON.stringify(wrong)} is not one`,
    );
  }
  const foreign = relatedOrigins.find((origin) => asOrigin(origin)?.protocol !== 'https:');
  if (foreign !== undefined) {
    throw new FactorConfigError(
      `${owner}: option "relatedOrigins" must contain only https origins without path or wildcard; ${JSON.stringify(foreign)} is not one`,
    );
  }
}
