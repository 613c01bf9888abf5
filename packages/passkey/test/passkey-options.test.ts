import { FactorConfigError } from '@parse-factors/core';
import { describe, expect, it } from 'vitest';
import { PasskeyFactor } from '../src/index.js';

const ORIGIN = 'https://acme.example';

describe('PasskeyFactor', () => {
  const sound = { rpId: 'acme.example', origins: [ORIGIN] };

  it.each<[string, object]>([
    ['rpId', { rpId: undefined }],
    ['rpId', { rpId: 'https://acme.example' }],
    ['rpId', { rpId: 'Acme.example' }],
    ['rpId', { rpId: 'acme' }],
    ['rpId', { rpId: '192.168.0.1' }],
    ['rpId', { rpId: 'acme.example:8080' }],
    ['origins', { origins: undefined }],
    ['origins', { origins: [] }],
    ['origins', { origins: ORIGIN }],
    ['origins', { origins: ['http://acme.example'] }],
    ['origins', { origins: ['http://localhost:1337'] }],
    ['origins', { origins: ['https://*.acme.example'] }],
    ['origins', { origins: ['*'] }],
    ['origins', { origins: ['https://acme.example/'] }],
    ['origins', { origins: ['https://acme.example:443'] }],
    ['origins', { origins: ['https://notacme.example'] }],
    ['origins', { origins: ['https://user@acme.example'] }],
    ['origins', { origins: ['android:apk-key-hash:short'] }],
    ['relatedOrigins', { relatedOrigins: ['http://other.example'] }],
    ['relatedOrigins', { relatedOrigins: ['https://*.other.example'] }],
    ['policy', { policy: 'default' }],
    ['signUp', { signUp: 'yes', policy: 'solo' }],
    ['signUp', { signUp: true }],
    ['userVerification', { userVerification: 'always' }],
    ['maxPasskeys', { maxPasskeys: 0 }],
    ['validityMs', { validityMs: 1000 }],
    ['maxLockMs', { lockMs: 3_600_000, maxLockMs: 60_000 }],
    ['rpID', { rpID: 'acme.example' }],
  ])('names the option that is wrong: %s %o', (option, wrong) => {
    expect(() => new PasskeyFactor(sound)).not.toThrow();
    expect(() => new PasskeyFactor({ rpId: 'localhost', origins: ['http://localhost:1337'] })).not.toThrow();
    expect(() => new PasskeyFactor({ ...sound, ...wrong })).toThrow(FactorConfigError);
    expect(() => new PasskeyFactor({ ...sound, ...wrong })).toThrow(`"${option}"`);
  });
});
