import { describe, expect, it } from 'vitest';
import { canonicalDetails, readPaymentDetails } from './payment-details.js';

const sound = { amount: '12.50 EUR', payee: 'ACME GmbH' };

describe('the details of a payment', () => {
  it.each([
    sound,
    { amount: '1', payee: 'A' },
    { amount: '€ 1’234,50', payee: "L'Épicerie & Fils S.à r.l." },
    { amount: 'Rs.500', payee: 'Acme Inc.' },
    { amount: 'CHF 20.-', payee: 'J.P. Morgan' },
    { amount: '١٢٫٥'.replace('٫', ','), payee: 'متجر' },
    { amount: '-3 kr', payee: '株式会社' },
    { amount: '12 EUR', payee: 'Shop 24/7 No. 12345' },
    { amount: '1'.repeat(40), payee: 'x'.repeat(64) },
  ])('can be %j', (details) => expect(readPaymentDetails(details)).toEqual(details));

  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['a list', []],
    ['no payee', { amount: '1 EUR' }],
    ['a further field', { ...sound, reference: 'x' }],
    ['a number', { ...sound, amount: 12.5 }],
    ['no amount', { ...sound, amount: 'EUR' }],
    ['an empty amount', { ...sound, amount: '' }],
    ['an amount that is too long', { ...sound, amount: '1'.repeat(41) }],
    ['an amount with markup', { ...sound, amount: '1 <EUR>' }],
    ['a payee that is too long', { ...sound, payee: 'x'.repeat(65) }],
    ['a payee of one megabyte', { ...sound, payee: 'x'.repeat(1e6) }],
    ['an empty payee', { ...sound, payee: ' ' }],
    ['spaces around', { ...sound, payee: ' ACME' }],
    ['two spaces', { ...sound, payee: 'ACME  GmbH' }],
    ['two lines', { ...sound, payee: 'ACME\nGmbH' }],
    ['a line separator', { ...sound, payee: 'ACME\u2028GmbH' }],
    ['a control character', { ...sound, payee: 'ACME\u0000' }],
    ['text that runs backwards', { ...sound, payee: '\u202EGmbH' }],
    ['an invisible character', { ...sound, payee: 'AC\u200BME' }],
    ['half a character', { ...sound, payee: 'A\uD800' }],
    ['a link', { ...sound, payee: 'https://evil.example' }],
    ['any scheme', { ...sound, payee: 'x://y' }],
    ['a link without a scheme', { ...sound, payee: 'WWW.1' }],
    ['a host name', { ...sound, payee: 'pay at acme.com' }],
    ['a host name of another script', { ...sound, payee: 'пример.рф' }],
    ['a full-width host name', { ...sound, payee: 'ａｃｍｅ．ｃｏｍ' }],
    ['a host name with an ideographic dot', { ...sound, payee: 'acme。com' }],
    ['an email address', { ...sound, payee: 'a@b' }],
    ['a phone number', { ...sound, payee: 'call +1 (900) 555-0100' }],
    ['a link in the amount', { ...sound, amount: '1 acme.com' }],
  ])('cannot be %s', (_what, details) => {
    expect(() => readPaymentDetails(details)).toThrow(/^invalid_input: (?!.*evil)/);
  });

  it('are the same in every form of Unicode', () => {
    const composed = readPaymentDetails({ ...sound, payee: 'Caf\u00E9' });
    expect(readPaymentDetails({ ...sound, payee: 'Cafe\u0301' })).toEqual(composed);
  });

  it('have one text only, which no other details have', () => {
    expect(canonicalDetails({ amount: '1", "2', payee: '3' })).not.toBe(canonicalDetails({ amount: '1', payee: '2", "3' }));
    expect(canonicalDetails(sound)).toBe('["12.50 EUR","ACME GmbH"]');
  });
});
