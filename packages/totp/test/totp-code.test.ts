import { execFileSync, spawnSync } from 'node:child_process';
import { HOTP_SECRET, HOTP_VECTORS, TOTP_VECTORS } from '@parse-factors/testing';
import fc from 'fast-check';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { describe, expect, it } from 'vitest';
import { totpAt, verifyTotp, type TotpAlgorithm } from '../src/index.js';

const SECRETS = Object.fromEntries(TOTP_VECTORS.map(({ algorithm, secret }) => [algorithm, secret])) as Readonly<
  Record<TotpAlgorithm, Uint8Array>
>;

const parameters = (algorithm: TotpAlgorithm, digits: 6 | 8) =>
  ({ secret: SECRETS[algorithm], algorithm, digits, stepSeconds: 30 }) as const;

describe('the vectors', () => {
  it.each(HOTP_VECTORS)('RFC 4226: counter $counter gives $code', ({ counter, code }) => {
    expect(totpAt({ ...parameters('SHA1', 6), secret: HOTP_SECRET }, counter)).toBe(code);
  });

  it.each(TOTP_VECTORS)('RFC 6238: second $seconds under $algorithm gives $code', ({ seconds, algorithm, secret, code }) => {
    const step = Math.floor(seconds / 30);
    expect(totpAt({ ...parameters(algorithm, 8), secret }, step)).toBe(code);
    expect(verifyTotp({ ...parameters(algorithm, 8), secret }, code, seconds * 1000, 0)).toEqual({ ok: true, step });
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
