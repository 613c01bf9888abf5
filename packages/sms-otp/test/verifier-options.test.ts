import { expect, it } from 'vitest';
import { FactorConfigError } from '@parse-factors/core';
import type { Verifier } from '@parse-factors/core/channel';
import { SmsOtpFactor } from '../src/index.js';

const channel: Verifier = { name: 'test', codeLength: 4, start: async () => ({ id: '1' }), check: async () => 'gone' };

it('a verifier is taken in place of a channel, with codes of its length', () => {
  expect(() => new SmsOtpFactor({ channel, countries: ['FR'], codeLength: 4 })).not.toThrow();
  expect(() => new SmsOtpFactor({ channel, countries: ['FR'] })).toThrow(
    'SmsOtpFactor: option "codeLength" must be 4, the length of the verifier\'s codes',
  );
});

it.each([
  ['origin', { origin: 'acme.example' }],
  ['message', { message: () => ({ subject: '', text: '' }) }],
  ['appName', { appName: 'Acme' }],
])('the option "%s" is refused with a verifier, whose provider writes the message', (name, more) => {
  const make = (): unknown => new SmsOtpFactor({ channel, countries: ['FR'], codeLength: 4, ...more });
  expect(make).toThrow(FactorConfigError);
  expect(make).toThrow(`SmsOtpFactor: option "${name}" has no effect with a verifier`);
});
