import { createHash } from 'node:crypto';
import { FactorConfigError } from '../../error/config-error.js';
import { bytesFrom } from '../../crypto/random.js';
import { subjectOf } from '../../crypto/subject.js';
import { CLOCK_TOLERANCE_MS } from '../../store/otp-store.js';
import { prefixOf } from '../../validation/ip-network.js';
import { integerOption, optional, type OptionRule, patternOption, resolveOptions } from '../../validation/options.js';
import type { Reply, RequestContext } from '../context.js';
import { HEADER_NAME, headerOf, type RequestCheck } from './request-check.js';

const FEWEST_BITS = 8;
const MOST_BITS = 24;
/** Each step asks for four times the work. */
const BITS_PER_STEP = 2;
const SALT_BYTES = 16;
const VALIDITY_MS = 2 * 60_000;
const WINDOW_MS = 10 * 60_000;
const MAX_LENGTH = 200;

/** Version, bits, expiry, salt, key name with digest, and the solution. */
const PROOF = /^(1\.(\d{1,2})\.([0-9a-z]{1,9})\.([\w-]{22})\.)([\w-]{1,32}\.[\w-]{43})\.(\d{1,16})$/;

/** Options of {@link proofOfWork}. */
export interface ProofOfWorkOptions {
  /** Zero bits that a solution begins with, 8 to 24; 18 by default. Each bit doubles the work. */
  readonly bits?: number;
  /** The most bits for a busy network, from `bits` to 24; by default 4 more than `bits`. */
  readonly maxBits?: number;
  /**
   * Challenges that one network (IPv4: /24, IPv6: /64) gets in 10 minutes before its work grows, 1 to 1,000,000; 20 by default.
   * After as many it grows by 2 bits, and by 2 more after each fourfold number.
   */
  readonly challengesPerNetwork?: number;
  /** The header of the solution, in lower case; `x-parse-factors-proof` by default. */
  readonly header?: string;
}

const RULES: { readonly [Name in keyof Required<ProofOfWorkOptions>]: OptionRule } = {
  bits: integerOption(FEWEST_BITS, MOST_BITS),
  maxBits: optional(integerOption(FEWEST_BITS, MOST_BITS)),
  challengesPerNetwork: integerOption(1, 1e6),
  header: patternOption(HEADER_NAME, 'the name of a header in lower case'),
};

/** Binds a challenge to the application, the factor, the client's network, and its own fields. */
const boundTo = ({ appId, key, ip, keyring }: RequestContext, fields: string): readonly string[] => [
  appId,
  key,
  keyring.stableDigest('ip', networkOf(ip)),
  fields,
];

/** Requests from within the process have no address, and share one name. */
const networkOf = (ip: string | undefined): string => (ip === undefined ? 'none' : prefixOf(ip));

/**
 * Lets a client work before it causes a message, without a third party. The client asks the Cloud function `factorsProofOfWork`
 * for a challenge, finds a number so that the SHA-256 of `<challenge>.<number>` begins with as many zero bits as asked, and
 * sends that text in a header. `@parse-factors/client/proof-of-work` does it.
 *
 * A challenge is valid for two minutes, for one factor, and from one network (IPv4: /24, IPv6: /64). Nothing is stored until it
 * is solved; each works once. The work grows with the number of challenges that a network asks for. It needs `factors.install`.
 *
 * @throws FactorConfigError naming the option and what it accepts
 * @example
 * ```ts
 * import { outbox, proofOfWork } from '@parse-factors/core';
 * import { EmailOtpFactor } from '@parse-factors/email-otp';
 *
 * export const emailLogin = new EmailOtpFactor({ channel: outbox(), policy: 'default', allow: proofOfWork({ bits: 18 }) });
 * ```
 */
export function proofOfWork(options: ProofOfWorkOptions = {}): RequestCheck {
  const resolved = resolveOptions<Required<Omit<ProofOfWorkOptions, 'maxBits'>> & Pick<ProofOfWorkOptions, 'maxBits'>>(
    'proofOfWork',
    options,
    RULES,
    { bits: 18, challengesPerNetwork: 20, header: 'x-parse-factors-proof' },
  );
  const { bits, challengesPerNetwork, header } = resolved;
  const { maxBits = Math.min(bits + 2 * BITS_PER_STEP, MOST_BITS) } = resolved;
  if (maxBits < bits)
    throw new FactorConfigError(`proofOfWork: option "maxBits" must be a whole number from ${bits} to ${MOST_BITS}`);
  return {
    header,
    check: (context) => isSolved(context, headerOf(context, header, MAX_LENGTH)),
    challenge: async (context) => newChallenge(context, await bitsFor(context, { bits, maxBits, challengesPerNetwork }), header),
  };
}

/** Counts a challenge for its network, and returns how much work it asks for. */
async function bitsFor(
  { appId, key, ip, keyring, store }: RequestContext,
  { bits, maxBits, challengesPerNetwork }: Required<Omit<ProofOfWorkOptions, 'header'>>,
): Promise<number> {
  if (ip === undefined) return bits;
  const network = keyring.stableDigest('ip', prefixOf(ip));
  let limit = challengesPerNetwork;
  for (let asked = bits; asked < maxBits; asked += BITS_PER_STEP) {
    const bucket = subjectOf('proof-of-work', appId, key, network, String(asked));
    if ((await store.count(bucket, { limit, windowMs: WINDOW_MS })).allowed) return asked;
    limit *= 4;
  }
  return maxBits;
}

function newChallenge(context: RequestContext, bits: number, header: string): Reply {
  const { keyring, clock, random } = context;
  const expiresAt = clock() + VALIDITY_MS;
  const salt = bytesFrom(random, SALT_BYTES).toString('base64url');
  const fields = `1.${bits}.${expiresAt.toString(36)}.${salt}.`;
  const challenge = fields + keyring.digest('proof-of-work', ...boundTo(context, fields));
  return { challenge, bits: String(bits), expiresAt: new Date(expiresAt).toISOString(), header };
}

/** Uses a solution up. True for one caller. */
async function isSolved(context: RequestContext, proof: string | undefined): Promise<boolean> {
  const [, fields, bits, expiry, , digest] = PROOF.exec(proof ?? '') ?? [];
  if (proof === undefined || fields === undefined || digest === undefined || expiry === undefined) return false;
  const { clock, keyring, store, appId } = context;
  const [expiresAt, now] = [Number.parseInt(expiry, 36), clock()];
  // A challenge further ahead is of a server whose clock ran ahead.
  if (expiresAt <= now || expiresAt > now + VALIDITY_MS + CLOCK_TOLERANCE_MS) return false;
  if (!keyring.matches(digest, 'proof-of-work', ...boundTo(context, fields))) return false;
  if (zeroBits(createHash('sha256').update(proof).digest()) < Number(bits)) return false;
  // The challenge is used up, and not the solution: each has many. It outlives clocks that differ.
  return store.claim(subjectOf('proof-of-work', appId, fields), expiresAt + CLOCK_TOLERANCE_MS);
}

/** Counts the zero bits that a digest begins with. */
function zeroBits(digest: Buffer): number {
  const first = digest.findIndex((byte) => byte !== 0);
  return first === -1 ? digest.length * 8 : first * 8 + Math.clz32(digest[first] ?? 0) - 24;
}
