import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { generateKey, MemoryOtpStore } from '@parse-factors/core';
import { Keyring, type FactorContext } from '@parse-factors/core/factor';
import { describe, expect, it } from 'vitest';
import { TotpFactor, type TotpOptions } from '../src/index.js';

const { default: jsQR } = createRequire(import.meta.url)('jsqr') as typeof import('jsqr');

const context = (username: string): FactorContext => ({
  key: 'totp',
  appId: 'app',
  user: { id: 'u1', get: (field) => (field === 'username' ? username : undefined) },
  ip: undefined,
  headers: {},
  installationId: undefined,
  store: new MemoryOtpStore(),
  keyring: new Keyring(generateKey('k')),
  clock: Date.now,
  random: randomBytes,
  emit: () => undefined,
  later: () => undefined,
});

/** Reads the picture as a phone's camera would: paints the SVG's path and finds the code in it. */
function readQr(dataUrl: string): string | undefined {
  const svg = Buffer.from(dataUrl.replace('data:image/svg+xml;base64,', ''), 'base64').toString('utf8');
  const size = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
  const path = /stroke="#000000" d="([^"]+)"/.exec(svg)?.[1] ?? '';
  const scale = 4;
  const pixels = new Uint8ClampedArray((size * scale) ** 2 * 4).fill(255);
  let [x, y] = [0, 0];
  for (const [, verb, first = '', second] of path.matchAll(/([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?/g)) {
    const number = Number(first);
    if (verb === 'M') [x, y] = [number, Math.floor(Number(second))];
    else if (verb === 'm') x += number;
    else {
      for (let dx = 0; dx < number * scale; dx += 1) {
        for (let dy = 0; dy < scale; dy += 1)
          pixels.fill(
            0,
            ((y * scale + dy) * size * scale + x * scale + dx) * 4,
            ((y * scale + dy) * size * scale + x * scale + dx) * 4 + 3,
          );
      }
      x += number;
    }
  }
  return jsQR(pixels, size * scale, size * scale)?.data;
}

const begin = async (options: TotpOptions, username = 'ann') => new TotpFactor(options).beginEnrolment(context(username));

describe('a begun enrolment', () => {
  it('gives a QR code that decodes to the key URI', async () => {
    const { qr = '', uri, secret } = await begin({ issuer: 'Acme Co' }, 'ann@example.com');
    expect(readQr(qr)).toBe(uri);
    expect(uri).toBe(`otpauth://totp/Acme%20Co:ann%40example.com?secret=${secret}&issuer=Acme%20Co`);
    expect(qr).toMatch(/^data:image\/svg\+xml;base64,/);
  });

  it.each([
    ['SHA256', 8, 60],
    ['SHA512', 6, 15],
  ] as const)('names %s, %i digits and %i seconds in the URI', async (algorithm, digits, stepSeconds) => {
    const { uri = '', qr = '' } = await begin({ issuer: 'A', algorithm, digits, stepSeconds });
    const query = new URL(uri).searchParams;
    expect(query.get('algorithm')).toBe(algorithm);
    expect(query.get('digits') ?? '6').toBe(String(digits));
    expect(query.get('period') ?? '30').toBe(String(stepSeconds));
    expect(readQr(qr)).toBe(uri);
  });

  it('keeps issuer and account apart: a colon in a name does not move the border', async () => {
    const { uri = '' } = await begin({ issuer: 'Acme' }, 'Other:ann');
    expect(decodeURIComponent(new URL(uri).pathname)).toBe('/Acme:Other ann');
  });

  it('makes 160 bits of secret, another each time', async () => {
    const secrets = await Promise.all(Array.from({ length: 20 }, async () => (await begin({ issuer: 'A' }))['secret']));
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  });
});
