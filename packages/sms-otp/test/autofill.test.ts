import { FactorConfigError, outbox } from '@parse-factors/core';
import { describe, expect, it } from 'vitest';
import { autofillLines } from '../src/autofill.js';
import { SmsOtpFactor, type SmsOtpOptions } from '../src/sms-otp-factor.js';

const [RELEASE, DEBUG] = ['FA+9qCX9VSu', 'Zz0/9qCX9Vs'];
const lineFor = (options: Parameters<typeof autofillLines>[0], appHash?: string | string[]): unknown =>
  autofillLines(options)('123456', {
    headers: appHash === undefined ? {} : { 'x-app-hash': appHash },
    ip: undefined,
    installationId: undefined,
  });
const hashLine = (line: string): object => ({ line, maxBytes: 140 });

describe('the last line of a text message', () => {
  it.each<readonly [string, Parameters<typeof lineFor>, unknown]>([
    ['is left out without an option', [{}], undefined],
    ['is for the site', [{ origin: 'acme.example' }], '@acme.example #123456'],
    [
      'is for a frame in the site',
      [{ origin: 'acme.example', embeddedOrigin: 'pay.example' }],
      '@acme.example #123456 @pay.example',
    ],
    ['is the first app without a site', [{ appHashes: [RELEASE, DEBUG] }], hashLine(RELEASE)],
    ['is the app that the request names', [{ appHashes: [RELEASE, DEBUG] }, DEBUG], hashLine(DEBUG)],
    ['is the site where both are there', [{ origin: 'acme.example', appHashes: [RELEASE] }], '@acme.example #123456'],
    ['is the named app where both are there', [{ origin: 'acme.example', appHashes: [RELEASE] }, RELEASE], hashLine(RELEASE)],
    ['is no app that is not configured', [{ origin: 'acme.example', appHashes: [RELEASE] }, DEBUG], '@acme.example #123456'],
    ['is no app of a site without apps', [{ origin: 'acme.example' }, DEBUG], '@acme.example #123456'],
    ['is no text of the request', [{}, 'evil.example'], undefined],
    [
      'is no app that is named twice',
      [{ origin: 'acme.example', appHashes: [RELEASE] }, [RELEASE, RELEASE]],
      '@acme.example #123456',
    ],
  ])('%s', (_sentence, given, line) => expect(lineFor(...given)).toEqual(line));

  it.each<readonly [string, Partial<SmsOtpOptions>]>([
    ['a frame without a site', { embeddedOrigin: 'pay.example' }],
    ['a frame with a scheme', { origin: 'acme.example', embeddedOrigin: 'https://pay.example' }],
    ['no app', { appHashes: [] }],
    ['six apps', { appHashes: Array.from({ length: 6 }, () => RELEASE) }],
    ['a hash of 12 characters', { appHashes: [`${RELEASE}x`] }],
    ['a hash with a line end', { appHashes: [`${RELEASE.slice(0, 10)}\n`] }],
    ['a hash that is no list', { appHashes: RELEASE as never }],
  ])('refuses %s', (_what, options) => {
    expect(() => new SmsOtpFactor({ channel: outbox(), countries: ['US'], ...options })).toThrow(FactorConfigError);
  });
});
