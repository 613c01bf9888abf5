import { timingSafeEqual } from 'node:crypto';
import { defineFactor } from '@parse-factors/core';
import { digitsRule, bytesFrom, factorSubject, subjectOf, type Factor } from '@parse-factors/core/factor';
import { totpAt } from '@parse-factors/totp';

/** What the library keeps about a user. It is sealed at rest. */
export interface HotpToken {
  /** The token's secret, 20 bytes in hexadecimal. */
  readonly secret: string;
  /** The lowest counter whose code is unused. */
  readonly counter: number;
}

/** How many codes ahead are accepted, for presses without a login (RFC 4226, section 7.4). */
const LOOK_AHEAD = 10;

/** The code of a counter. TOTP is HOTP with the time step as the counter (RFC 6238, section 1.2). */
const codeAt = (secret: string, counter: number): string =>
  totpAt({ secret: Buffer.from(secret, 'hex'), algorithm: 'SHA1', digits: 6, stepSeconds: 30 }, counter);

/** Finds the counter of a code among the next ones. */
export function counterOf({ secret, counter }: HotpToken, code: string): number | undefined {
  const counters = Array.from({ length: LOOK_AHEAD }, (_, ahead) => counter + ahead);
  return counters.find((candidate) => timingSafeEqual(Buffer.from(codeAt(secret, candidate)), Buffer.from(code)));
}

/** A token that shows the next code whenever its button is pressed (HOTP, RFC 4226). */
export const hotpToken = (): Factor<HotpToken> =>
  defineFactor<HotpToken>({
    answer: digitsRule(6),
    begin({ random }) {
      const token = { secret: bytesFrom(random, 20).toString('hex'), counter: 0 };
      return { expected: JSON.stringify(token), enrolment: token, reply: { secret: token.secret } };
    },
    challenge: (_context, token) => ({ expected: JSON.stringify(token) }),
    async check(context, code, expected) {
      const token = JSON.parse(expected) as HotpToken;
      const used = counterOf(token, code);
      if (used === undefined) return false;
      // One mark for all purposes, so no code works twice and no older code works after a newer one.
      const subject = subjectOf('hotp', factorSubject(context, 'sign-in'), context.keyring.digest('hotp', token.secret));
      return context.store.advance(subject, used + 1);
    },
    afterUse(token, _expected, code) {
      const used = counterOf(token, code);
      return used === undefined ? token : { ...token, counter: used + 1 };
    },
  });
