/** A test vector of RFC 4226, appendix D. */
export interface HotpVector {
  readonly counter: number;
  readonly code: string;
}

/** A test vector of RFC 6238, appendix B. */
export interface TotpVector {
  /** The time, in seconds since the epoch. */
  readonly seconds: number;
  readonly algorithm: 'SHA1' | 'SHA256' | 'SHA512';
  /** The shared secret, as long as the hash (erratum 2866). */
  readonly secret: Uint8Array;
  /** The code: eight digits, of a step of 30 seconds. */
  readonly code: string;
}

const asciiDigits = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => 48 + ((index + 1) % 10));

/** The secret of {@link HOTP_VECTORS}: the ASCII text `12345678901234567890`. */
export const HOTP_SECRET: Uint8Array = asciiDigits(20);

/** RFC 4226, appendix D: codes of six digits for counters 0 to 9, HMAC-SHA-1, under {@link HOTP_SECRET}. */
export const HOTP_VECTORS: readonly HotpVector[] = [
  '755224',
  '287082',
  '359152',
  '969429',
  '338314',
  '254676',
  '287922',
  '162583',
  '399871',
  '520489',
].map((code, counter) => ({ counter, code }));

const ALGORITHMS = [
  ['SHA1', asciiDigits(20)],
  ['SHA256', asciiDigits(32)],
  ['SHA512', asciiDigits(64)],
] as const;

/** RFC 6238, appendix B: six times with three hash functions each. */
export const TOTP_VECTORS: readonly TotpVector[] = (
  [
    [59, ['94287082', '46119246', '90693936']],
    [1111111109, ['07081804', '68084774', '25091201']],
    [1111111111, ['14050471', '67062674', '99943326']],
    [1234567890, ['89005924', '91819424', '93441116']],
    [2000000000, ['69279037', '90698825', '38618901']],
    [20000000000, ['65353130', '77737706', '47863826']],
  ] as const
).flatMap(([seconds, codes]) =>
  ALGORITHMS.map(([algorithm, secret], index) => ({ seconds, algorithm, secret, code: codes[index] ?? '' })),
);
