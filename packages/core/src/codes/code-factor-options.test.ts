import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../test/unit-stage.js';
import { CODE_FACTOR_RULES, type CodeFactorOptions, DEFAULT_CODE_FACTOR_OPTIONS } from './code-factor-options.js';

type Name = keyof CodeFactorOptions;

class Whatever {
  readonly name = 'whatever';
}

const CHECK = { header: 'x-check', check: () => true };

describe('an option of a factor that sends codes', () => {
  it.each<readonly [Name, number, number]>([
    ['codeLength', 4, 10],
    ['validityMs', 30_000, 10 * MINUTE],
    ['cooldownMs', 1000, DAY],
    ['maxSendsPer10Minutes', 1, 100],
    ['maxSendsPerDay', 1, 1000],
    ['maxSendsPerIp', 1, 1_000_000],
    ['deliveryTimeoutMs', 50, 30_000],
    ['adoptIdsBefore', 0, Date.UTC(3000, 0)],
    ['maxAuthenticators', 1, 10],
    ['maxAttempts', 1, 10],
    ['maxFailures', 1, 100],
    ['lockMs', MINUTE, DAY],
    ['maxLockMs', MINUTE, DAY],
  ])('that is "%s" takes whole numbers from %i to %i', (name, least, most) => {
    const { isValid } = CODE_FACTOR_RULES[name];
    expect([least - 1, least, most, most + 1, least + 0.5, String(least), null].map(isValid)).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it.each<readonly [Name, readonly unknown[], readonly unknown[]]>([
    ['channel', [() => undefined, { name: 'x', send: () => undefined }], [undefined, 'sms', { name: 'x' }, Whatever]],
    ['appName', [undefined, 'Acme', 'x'.repeat(40)], ['', ' ', 'x'.repeat(41), 'a\nb', 1, null]],
    ['policy', ['additional', 'default'], [undefined, 'solo', 'primary', true]],
    ['signUp', [true, false, undefined], ['true', 0, null]],
    [
      'budget',
      [undefined, { limit: 1, windowMs: 1000 }, { limit: 1e9, windowMs: DAY }],
      [
        null,
        {},
        { limit: 1 },
        { windowMs: 1000 },
        { limit: 0, windowMs: 1000 },
        { limit: 1, windowMs: 999 },
        { limit: 1, windowMs: DAY + 1 },
        { limit: 1, windowMs: 1000, per: 'day' },
        100,
      ],
    ],
    [
      'allow',
      [undefined, () => true, CHECK, [CHECK, () => true]],
      [
        true,
        null,
        Whatever,
        'all',
        { header: 'x-check' },
        { ...CHECK, header: 'X-Check' },
        { ...CHECK, header: 'x check' },
        { ...CHECK, check: true },
        [CHECK, 'all'],
        [[CHECK]],
        [],
        Array.from({ length: 11 }, () => CHECK),
      ],
    ],
    ['destination', [undefined, () => 'a'], ['phone', Whatever]],
    ['message', [undefined, () => ({})], ['{code}', Whatever]],
    ['locale', [() => 'de'], [undefined, 'de', Whatever]],
  ])('that is "%s" takes what it says, and nothing else', (name, valid, invalid) => {
    const { isValid } = CODE_FACTOR_RULES[name];
    expect(valid.filter((value) => !isValid(value))).toEqual([]);
    expect(invalid.filter(isValid)).toEqual([]);
  });

  it.each(Object.keys(DEFAULT_CODE_FACTOR_OPTIONS) as (keyof typeof DEFAULT_CODE_FACTOR_OPTIONS)[])(
    'that is "%s" has a default that it takes',
    (name) => expect(CODE_FACTOR_RULES[name].isValid(DEFAULT_CODE_FACTOR_OPTIONS[name])).toBe(true),
  );

  it('speaks the language of the request by default', () => {
    const request = { headers: { 'accept-language': 'de-CH' }, ip: undefined, installationId: undefined };
    expect(DEFAULT_CODE_FACTOR_OPTIONS.locale(undefined, request)).toBe('de');
  });
});
