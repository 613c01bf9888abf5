import { describe, expect, it } from 'vitest';
import { TestChannel } from '../../../test/code-stage.js';
import { TestVerifier } from '../../../test/test-verifier.js';
import { FactorConfigError } from '../../error/config-error.js';
import { assertVerifierOptions } from './verifier-options.js';

const assert = (about: object, options: object): void =>
  assertVerifierOptions('X', {
    channel: Object.assign(new TestVerifier(), about),
    codeLength: 6,
    validityMs: 300_000,
    ...options,
  });

describe('options of a factor with a verifier', () => {
  it.each([
    [{}, {}],
    [{}, { codeLength: 4 }],
    [{}, { codeLength: 10 }],
    [{ codeLength: 8 }, { codeLength: 8 }],
    [{ validityMs: 300_000 }, {}],
    [{ notify: () => undefined }, { appName: 'Acme' }],
  ])('accept %j with %j', (about, options) => expect(() => assert(about, options)).not.toThrow());

  it.each<[string, object, object]>([
    ['"codeLength" must be 8, the length of the verifier\'s codes', { codeLength: 8 }, {}],
    ['"validityMs" must be at most 120000, the time for which the verifier accepts a code', { validityMs: 120_000 }, {}],
    ['"message" has no effect with a verifier', { notify: () => undefined }, { message: () => undefined }],
    ['"testCodes" does not work with a verifier', {}, { testCodes: { addresses: {}, until: '2027-01-31' } }],
    ['"appName" has no effect with a verifier', {}, { appName: 'Acme' }],
    ['"channel" is a verifier whose "codeLength" must be a whole number from 4 to 10', { codeLength: 3 }, { codeLength: 3 }],
    ['"channel" is a verifier whose "validityMs" must be a whole number', { validityMs: Infinity }, {}],
    ['"channel" is a verifier whose "rejectionMs" must be a whole number from 0 to 10000', { rejectionMs: -1 }, {}],
  ])('refuse: %s', (text, about, options) => {
    expect(() => assert(about, options)).toThrow(FactorConfigError);
    expect(() => assert(about, options)).toThrow(`X: option ${text}`);
  });

  it.each([4, 5, 10])('with a channel refuse %i digits', (codeLength) => {
    expect(() => assert({}, { channel: new TestChannel(), codeLength })).toThrow(
      'X: option "codeLength" must be a whole number from 6 to 9',
    );
  });
});
