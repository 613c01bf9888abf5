import { generateKey, MemoryOtpStore } from '@parse-factors/core';
import { Keyring, type EnrolledContext } from '@parse-factors/core/factor';
import { expect, it } from 'vitest';
import { TotpFactor, totpAt, type TotpEnrolment } from '../src/index.js';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const NOW = Date.UTC(2026, 10, 22, 12, 5);
const factor = new TotpFactor({ issuer: 'Acme' });

const contextOf = (id: string): EnrolledContext<TotpEnrolment> => ({
  key: 'totp',
  appId: 'app',
  ip: undefined,
  installationId: undefined,
  headers: {},
  store: new MemoryOtpStore({ clock: () => NOW }),
  keyring: new Keyring(generateKey('test')),
  clock: () => NOW,
  random: (size) => new Uint8Array(size),
  emit: () => undefined,
  later: () => undefined,
  user: { id, get: () => undefined },
  change: async () => false,
});

it.each([
  [30, -1, true],
  [30, 0, true],
  [600, -1, false],
  [600, 0, true],
  [600, 1, false],
])('of steps of %d seconds, the one %d from now is taken: %s', async (stepSeconds, away, isTaken) => {
  const enrolment: TotpEnrolment = { secret: SECRET, algorithm: 'SHA1', digits: 6, stepSeconds };
  const bytes = Uint8Array.from(Buffer.from('48656c6c6f21deadbeef48656c6c6f21deadbeef', 'hex'));
  const code = totpAt({ secret: bytes, algorithm: 'SHA1', digits: 6, stepSeconds }, Math.floor(NOW / 1000 / stepSeconds) + away);
  const verified = factor.verify(contextOf(`user${stepSeconds}${away}`), 'sign-in', code, enrolment);
  await (isTaken ? expect(verified).resolves.toBe(undefined) : expect(verified).rejects.toThrow('code_rejected'));
});
