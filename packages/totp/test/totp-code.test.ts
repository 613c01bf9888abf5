import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { describe, expect, it } from 'vitest';
import { totpAt, verifyTotp, type TotpAlgorithm } from '../src/index.js';

/** RFC 4226, appendix D: the secret `12345678901234567890`, counters 0 to 9. */
const RFC_4226 = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'];

/** RFC 6238, appendix B: seconds, and the codes of 8 digits for each hash function. */
const RFC_6238: readonly (readonly [number, string, string, string])[] = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
];
/** Its erratum 2866: the secret is as long as the hash, the digits repeated. */
const SECRETS: Readonly<Record<TotpAlgorithm, Buffer>> = {
  SHA1: Buffer.from('1234567890'.repeat(2)),
  SHA256: Buffer.from('1234567890'.repeat(4).slice(0, 32)),
  SHA512: Buffer.from('1234567890'.repeat(7).slice(0, 64)),
};

const parameters = (algorithm: TotpAlgorithm, digits: 6 | 8) =>
  ({ secret: SECRETS[algorithm], algorithm, digits, stepSeconds: 30 }) as const;

describe('the vectors', () => {
  it.each(RFC_4226.map((code, counter) => [counter, code] as const))('RFC 4226: counter %i gives %s', (counter, code) => {
    expect(totpAt(parameters('SHA1', 6), counter)).toBe(code);
  });

  it.each(RFC_6238)('RFC 6238: second %i gives %s, %s and %s', (seconds, ...codes) => {
    for (const [index, algorithm] of (['SHA1', 'SHA256', 'SHA512'] as const).entries()) {
      expect(totpAt(parameters(algorithm, 8), Math.floor(seconds / 30))).toBe(codes[index]);
      const result = verifyTotp(parameters(algorithm, 8), codes[index] ?? '', seconds * 1000, 0);
      expect(result).toEqual({ ok: true, step: Math.floor(seconds / 30) });
    }
  });

  it('agree with otplib on any secret, time, hash function and length', () => {
    const algorithms = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const;
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 64 }),
        fc.nat({ max: 4e9 }),
        fc.constantFrom('SHA1', 'SHA256', 'SHA512'),
        fc.constantFrom(6, 8),
        (secret, epoch, algorithm, digits) => {
          const ours = totpAt({ secret, algorithm, digits, stepSeconds: 30 }, Math.floor(epoch / 30));
          expect(ours).toBe(generateSync({ secret, epoch, algorithm: algorithms[algorithm], digits }));
        },
      ),
    );
  });

  const hasOathtool = spawnSync('oathtool', ['--version']).status === 0;
  it.skipIf(!hasOathtool)('agree with oathtool (skipped where it is missing: apt-get install oathtool)', () => {
    const secret = new ScureBase32Plugin().encode(SECRETS.SHA1);
    for (const algorithm of ['SHA1', 'SHA256', 'SHA512'] as const) {
      const seconds = 1_900_000_000;
      const args = [`--totp=${algorithm}`, '--digits=8', `--now=@${seconds}`, '--base32', secret];
      const code = execFileSync('oathtool', args, { encoding: 'utf8' }).trim();
      expect(totpAt({ ...parameters(algorithm, 8), secret: SECRETS.SHA1 }, Math.floor(seconds / 30))).toBe(code);
    }
  });
});

describe('verifyTotp', () => {
  const now = 1_700_000_010_000;
  const step = Math.floor(now / 30_000);
  const one = parameters('SHA1', 6);

  it('accepts one step to either side and says which, and nothing beyond', () => {
    for (const drift of [-1, 0, 1])
      expect(verifyTotp(one, totpAt(one, step + drift), now, 1)).toEqual({ ok: true, step: step + drift });
    for (const drift of [-2, 2]) expect(verifyTotp(one, totpAt(one, step + drift), now, 1)).toEqual({ ok: false });
    expect(verifyTotp(one, totpAt(one, step + 1), now, 0)).toEqual({ ok: false });
  });

  it('changes steps at the boundary, to the millisecond', () => {
    const boundary = (step + 1) * 30_000;
    expect(verifyTotp(one, totpAt(one, step), boundary - 1, 0)).toEqual({ ok: true, step });
    expect(verifyTotp(one, totpAt(one, step), boundary, 0)).toEqual({ ok: false });
  });

  it('refuses every other text, near the epoch too', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 5, maxLength: 7 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(verifyTotp(one, text, now, 1).ok).toBe([-1, 0, 1].some((drift) => totpAt(one, step + drift) === text));
      }),
    );
    // Digits of other scripts whose low byte is that of an ASCII digit.
    const lookAlike = [...totpAt(one, step)].map((digit) => String.fromCharCode(0x100 + digit.charCodeAt(0))).join('');
    expect(verifyTotp(one, lookAlike, now, 1)).toEqual({ ok: false });
    expect(verifyTotp(one, 'x', 0, 1)).toEqual({ ok: false });
  });
});
