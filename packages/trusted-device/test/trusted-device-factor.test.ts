import { randomBytes } from 'node:crypto';
import { generateKey, MemoryOtpStore } from '@parse-factors/core';
import { Keyring, type EnrolledContext, type PayloadSource } from '@parse-factors/core/factor';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../src/device-token.js';
import { TrustedDeviceFactor, type TrustedDeviceEnrolment } from '../src/index.js';

const user = { id: 'u1', get: () => undefined };
const [id, secret] = ['d'.repeat(22), 's'.repeat(43)];
const now = Date.now();
const device = { id, name: 'Phone', digest: digestOf(secret), addedAt: now, usedAt: now, expiresAt: now + 86_400_000 };
const enrolment: TrustedDeviceEnrolment = { devices: [device] };
const factor = new TrustedDeviceFactor();

describe('a payload for trusted devices', () => {
  const read = (payload: unknown, at: PayloadSource<TrustedDeviceEnrolment>['at'], stored?: TrustedDeviceEnrolment) =>
    factor.read(payload, { at, user, enrolment: stored });

  it.each([
    [{ remember: 'true', name: 'Phone' }, 'save', enrolment, { do: 'enrol', confirmation: 'Phone' }],
    [{ remember: 'true' }, 'save', undefined, { do: 'enrol', confirmation: 'Unnamed device' }],
    [{ revoke: 'all' }, 'save', enrolment, { do: 'manage', change: 'all' }],
    [{ token: `${id}.${secret}` }, 'sign-in', enrolment, { do: 'answer', answer: { id, secret } }],
    [true, 'challenge', enrolment, { do: 'challenge' }],
  ] as const)('%j at a %s is read with its meaning', (payload, at, stored, command) => {
    expect(read(payload, at, stored)).toEqual(command);
  });

  it.each([{ revoke: 'all' }, { remember: 'true' }, { token: 'x' }, true])('%j does not log in', (payload) => {
    expect(() => read(payload, 'sign-in', enrolment)).toThrow('invalid_input');
  });
});

describe('a device that version 0.1 has bound to its installation', () => {
  const bound: TrustedDeviceEnrolment = { devices: [{ ...device, installation: digestOf('one') }] };
  const context = (installationId: string | undefined): EnrolledContext<TrustedDeviceEnrolment> => ({
    key: 'device',
    appId: 'app',
    user,
    ip: undefined,
    headers: {},
    installationId,
    store: new MemoryOtpStore(),
    keyring: new Keyring(generateKey('k')),
    clock: () => now,
    random: randomBytes,
    emit: () => undefined,
    later: () => undefined,
    change: async (change) => change(bound) !== undefined,
  });

  it('stays bound', async () => {
    await expect(factor.verify(context('one'), 'sign-in', { id, secret })).resolves.toHaveProperty('token');
    for (const other of ['two', undefined])
      await expect(factor.verify(context(other), 'sign-in', { id, secret })).rejects.toThrow('not trusted');
  });
});
