import { composeFactors, FactorConfigError, generateKey, MemoryOtpStore, outbox, type ComposeOptions } from '@parse-factors/core';
import { EmailOtpFactor, type EmailOtpOptions } from '@parse-factors/email-otp';
import { sendgrid, type SendgridOptions } from '@parse-factors/email-otp/sendgrid';
import { smtp, type SmtpOptions } from '@parse-factors/email-otp/smtp';
import { FieldsFactor } from '@parse-factors/fields';
import { installMfaMigration, mfaCompat, type MfaCompatOptions } from '@parse-factors/mfa-compat';
import { RecoveryCodesFactor, type RecoveryCodesOptions } from '@parse-factors/recovery-codes';
import { SmsOtpFactor, type SmsOtpOptions } from '@parse-factors/sms-otp';
import { twilio, type TwilioOptions } from '@parse-factors/sms-otp/twilio';
import { TotpFactor, type TotpOptions } from '@parse-factors/totp';
import { TrustedDeviceFactor, type TrustedDeviceOptions } from '@parse-factors/trusted-device';
import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => vi.unstubAllEnvs());

const channel = outbox();
const sid = (kind: string): string => kind + '0'.repeat(32);
const compose: ComposeOptions = { keys: generateKey('k'), factors: { totp: new TotpFactor({ issuer: 'Acme' }) } };
const sms: SmsOtpOptions = { channel, countries: ['US'] };
const mail: EmailOtpOptions = { channel };

/** Everything that takes options: how it is made, sound options, and every option it has. */
const makers = {
  composeFactors: [
    composeFactors,
    compose,
    [
      'keys',
      'factors',
      'store',
      'freshMs',
      'policy',
      'enrolment',
      'maxAttemptsPerIp',
      'takeOver',
      'addressVerification',
      'freshProofFor',
      'revokeSessionsOn',
      'selfCheck',
      'notices',
      'eventLog',
      'onEvent',
      'clock',
      'random',
    ],
  ],
  RecoveryCodesFactor: [
    (options: RecoveryCodesOptions) => new RecoveryCodesFactor(options ?? (null as never)),
    {},
    ['count', 'warnAt', 'maxFailures', 'lockMs', 'maxLockMs'],
  ],
  TrustedDeviceFactor: [
    (options: TrustedDeviceOptions) => new TrustedDeviceFactor(options ?? (null as never)),
    {},
    ['trustMs', 'maxDevices'],
  ],
  SmsOtpFactor: [
    (options: SmsOtpOptions) => new SmsOtpFactor(options),
    sms,
    [...codeOptions(), 'countries', 'maxSendsPerPrefix', 'origin', 'allowFictional'],
  ],
  EmailOtpFactor: [(options: EmailOtpOptions) => new EmailOtpFactor(options), mail, [...codeOptions(), 'mailboxOf']],
  TotpFactor: [
    (options: TotpOptions) => new TotpFactor(options),
    { issuer: 'Acme' } satisfies TotpOptions,
    [
      'issuer',
      'accountName',
      'algorithm',
      'digits',
      'stepSeconds',
      'driftSteps',
      'pendingMs',
      'maxAuthenticators',
      'maxAttempts',
      'maxFailures',
      'lockMs',
      'maxLockMs',
    ],
  ],
  mfaCompat: [
    (options: MfaCompatOptions) => mfaCompat(options),
    { options: ['SMS', 'TOTP'], sendSMS: () => undefined, countries: 'any' } satisfies MfaCompatOptions,
    'options enabled digits period algorithm sendSMS countries cooldownMs maxSendsPer10Minutes maxSendsPerDay maxSendsPerIp maxSendsPerPrefix budget allow adoptRecords maxAttempts maxFailures lockMs maxLockMs'.split(
      ' ',
    ),
  ],
  twilio: [
    twilio,
    { accountSid: sid('AC'), authToken: 't', from: '+14155552671' } satisfies TwilioOptions,
    ['accountSid', 'authToken', 'from', 'messagingServiceSid', 'via', 'contentSid', 'baseUrl', 'timeoutMs'],
  ],
  sendgrid: [
    sendgrid,
    { apiKey: 'SG.x', from: 'a@b.c' } satisfies SendgridOptions,
    ['apiKey', 'from', 'templateId', 'sandbox', 'baseUrl', 'timeoutMs'],
  ],
  smtp: [smtp, { url: 'smtps://host', from: 'a@b.c' } satisfies SmtpOptions, ['url', 'from']],
} as unknown as Record<string, [make: (options: unknown) => unknown, sound: object, names: string[]]>;

function codeOptions(): string[] {
  return [
    'channel',
    'appName',
    'codeLength',
    'validityMs',
    'cooldownMs',
    'maxSendsPer10Minutes',
    'maxSendsPerDay',
    'maxSendsPerIp',
    'budget',
    'deliveryTimeoutMs',
    'policy',
    'signUp',
    'adoptIdsBefore',
    'allow',
    'destination',
    'locale',
    'message',
    'maxAuthenticators',
    'maxAttempts',
    'maxFailures',
    'lockMs',
    'maxLockMs',
  ];
}

const ABSURD: readonly unknown[] = [
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  0.5,
  1e15,
  '',
  ' \n',
  'absurd \u0000',
  [],
  {},
  [null],
  { send: 1 },
  Symbol('x'),
];
const TIMES_OR_COUNTS = /Ms$|^max|Length$|Seconds$/;
/** Options for which some of these mean something. */
const NOT_ABSURD: Readonly<Record<string, (value: unknown) => boolean>> = {
  factors: (value) => Reflect.get(Object(value), 'send') !== undefined,
  enrolment: (value) => JSON.stringify(value) === '{}',
  revokeSessionsOn: (value) => JSON.stringify(value) === '[]',
  addressVerification: (value) => JSON.stringify(value) === '{}',
  freshProofFor: (value) => JSON.stringify(value) === '[]',
};

describe.each(Object.entries(makers))('%s', (_name, [make, sound, names]) => {
  it('sound options are accepted', () => expect(() => make(sound)).not.toThrow());

  it.each(names)('an absurd %s is refused by its name', (name) => {
    const values = TIMES_OR_COUNTS.test(name) ? [...ABSURD, '60000', 0, true] : ABSURD;
    for (const value of values.filter((value) => NOT_ABSURD[name]?.(value) !== true)) {
      const create = (): unknown => make({ ...sound, [name]: value });
      expect(create, `${name} = ${String(value)}`).toThrow(FactorConfigError);
      expect(create).toThrow(new RegExp(`"${name}"`));
    }
  });

  it('an unknown option is refused, and the error lists the known ones', () => {
    expect(() => make({ ...sound, chanel: 1 })).toThrow(/unknown option "chanel"; the known options are /);
  });

  it.each([undefined, null, 5, 'x', [], () => undefined])('the value %s is refused in place of options', (options) => {
    expect(() => make(options)).toThrow(FactorConfigError);
  });

  it('options are not changed, and undefined counts as left out', () => {
    const given = Object.freeze({
      ...sound,
      ...Object.fromEntries(names.filter((name) => !(name in sound)).map((name) => [name, undefined])),
    });
    expect(() => make(given)).not.toThrow();
  });
});

describe('composeFactors', () => {
  const totp = new TotpFactor({ issuer: 'Acme' });
  it.each([
    '',
    '1a',
    'a-b',
    'a.b',
    'a b',
    'ä',
    '$x',
    '__proto__x',
    'constructor',
    'toString',
    'google',
    'mfa',
    'anonymous',
    'a'.repeat(65),
  ])('composeFactors refuses the key %j', (key) => {
    expect(() => composeFactors({ ...compose, factors: { [key]: totp } })).toThrow(/factor key/);
  });

  it.each([
    [{}],
    [null],
    [{ policy: 'additional' }],
    [Object.defineProperty(Object.create(totp), 'policy', { value: 'aditional' }) as object],
    [channel],
  ])('composeFactors refuses an object that is no factor', (factor) => {
    expect(() => composeFactors({ ...compose, factors: { x: factor as never } })).toThrow(/factors\.x must be a factor/);
  });

  it('the compiler accepts only factors in composeFactors', () => {
    const methods = { read: () => ({ do: 'challenge' }), policy: 'additional' as const };
    // @ts-expect-error it extends no Factor
    expect(() => composeFactors({ ...compose, factors: { x: methods } })).toThrow(/must be a factor/);
  });

  it('composeFactors refuses a primary factor that has no way to sign in', () => {
    const factor = Object.defineProperty(Object.create(totp), 'policy', { value: 'default' }) as typeof totp;
    expect(() => composeFactors({ ...compose, factors: { x: factor } })).toThrow(
      /factors\.x has policy "default" but no "primary", so it cannot sign in without a password; use policy "additional"/,
    );
  });

  it('composeFactors returns frozen plain adapters with exactly the hooks that Parse Server copies', () => {
    const { auth } = composeFactors(compose);
    const adapter = auth['totp'];
    expect(Object.isFrozen(adapter)).toBe(true);
    expect(Object.getPrototypeOf(adapter)).toBe(Object.prototype);
    expect(Object.keys(adapter ?? {}).toSorted()).toEqual([
      'afterFind',
      'challenge',
      'policy',
      'validateAppId',
      'validateLogin',
      'validateSetUp',
      'validateUpdate',
    ]);
    expect(adapter?.policy).toBe('additional');
  });
});

const sending = {
  ...compose.factors,
  sms: new SmsOtpFactor(sms),
  mail: new EmailOtpFactor(mail),
};

describe('values that look sound', () => {
  class Sender {
    send(): void {}
  }
  it.each([
    [() => new SmsOtpFactor({ ...sms, channel: Sender as never }), /"channel"/],
    [() => composeFactors({ ...compose, store: MemoryOtpStore as never }), /"store"/],
    [() => composeFactors({ ...compose, clock: () => 'x' as never }), /"clock"/],
    [() => composeFactors({ ...compose, policy: 'al' as never }), /"policy"/],
    [() => composeFactors({ ...compose, policy: { atLeast: 0 } }), /"policy"/],
    [() => composeFactors({ ...compose, policy: { atLeast: 6 } }), /"policy"/],
    [() => composeFactors({ ...compose, policy: { atLeast: 2, orElse: 'any' } as never }), /"policy"/],
    [() => composeFactors({ ...compose, policy: { byRole: { admin: 'al' as never } } }), /"policy"/],
    [() => composeFactors({ ...compose, policy: { byRole: {}, otherwise: 'none' as never } }), /"policy"/],
    [() => composeFactors({ ...compose, policy: { oneOf: [] } }), /"policy"/],
    [
      () => composeFactors({ ...compose, policy: { allOf: ['toString'] } }),
      /"policy" names "toString", which is not a second factor/,
    ],
    [() => composeFactors({ ...compose, policy: { roles: { admin: 'all' } } as never }), /"policy"/],
    [() => composeFactors({ ...compose, enrolment: { requiredFor: 'all' as never } }), /"enrolment"/],
    [() => composeFactors({ ...compose, enrolment: { requiredFor: { roles: 'admin' as never } } }), /"enrolment"/],
    [() => composeFactors({ ...compose, enrolment: { graceDays: 3 } as never }), /"enrolment"/],
    [() => composeFactors({ ...compose, enrolment: { graceMs: -1 } }), /"enrolment"/],
    [() => composeFactors({ ...compose, revokeSessionsOn: ['enroled' as never] }), /"revokeSessionsOn"/],
    ...[
      { email: 'totp' },
      { email: 'sms' },
      { email: 'none' },
      { email: 'toString' },
      { authData: 'mail' },
      { phoneVerified: 'sms' },
      { 'a.b': 'sms' },
      { email: { factor: 'mail' } as never },
    ].map((addressVerification): [() => unknown, RegExp] => [
      () => composeFactors({ ...compose, factors: sending, addressVerification }),
      /option "addressVerification" must/,
    ]),
    [
      () => composeFactors({ ...compose, freshProofFor: ['name'] }),
      /"freshProofFor" must .* "password", "email", "username"; "name"/,
    ],
    [() => composeFactors({ ...compose, selfCheck: 'no' as never }), /"selfCheck"/],
    [
      () => composeFactors({ ...compose, policy: { atLeast: 2 } }),
      /"policy" requires 2 second factors, but option "factors" has only 1/,
    ],
    [() => composeFactors({ ...compose, policy: { byRole: { admin: { atLeast: 3 } } } }), /"policy" requires 3 second factors/],
    [
      () => composeFactors({ ...compose, factors: { recovery: new RecoveryCodesFactor() } }),
      /"factors" must contain more than backup/,
    ],
    [() => composeFactors(compose).install({} as never, { except: ['beforesave' as never] }), /"except"/],
    [() => composeFactors(compose).install({} as never, { exept: [] } as never), /unknown option "exept"/],
    [() => composeFactors(compose).install({} as never), /call install from Cloud Code/],
    [() => sendgrid({ apiKey: 'SG.x', from: 'a@b.c', baseUrl: 'javascript:alert(1)' }), /"baseUrl"/],
    [() => sendgrid({ apiKey: 'SG.x', from: 'a@b.c', baseUrl: 'ftp://x' }), /"baseUrl"/],
    [() => sendgrid({ apiKey: 'SG.x', from: 'a@b.c', baseUrl: 'http://mail.example' }), /"baseUrl".*http:\/\/ for this machine/],
    [
      () => twilio({ accountSid: `AC${'0'.repeat(32)}`, authToken: 't', from: '+12025550123', baseUrl: 'http://sms.example' }),
      /"baseUrl".*http:\/\/ for this machine/,
    ],
    [() => smtp({ url: 'smtp://us%zz:pw@host', from: 'a@b.c' }), /"url"/],
  ])('a value that only looks sound is refused by name: %o', (make, name) => {
    expect(make).toThrow(FactorConfigError);
    expect(make).toThrow(name);
  });
});

describe('options of earlier versions', () => {
  it.each<[() => unknown, string]>([
    [
      () => new FieldsFactor({ find: 'n', match: ['a'], alone: true } as never),
      'FieldsFactor: option "alone" was replaced by "policy": use "solo" for true, and "default" or nothing for false',
    ],
    [
      () => new TrustedDeviceFactor({ bindInstallation: true } as never),
      'TrustedDeviceFactor: option "bindInstallation" was removed: a client can send any installation id, so it did not protect a copied token. Leave it out and set a shorter "trustMs"',
    ],
    [
      () => composeFactors({ ...compose, recordKeys: generateKey('b') } as never),
      'composeFactors: option "recordKeys" was removed: records are sealed with "keys". Append the keys of "recordKeys" to "keys", so that old records still open',
    ],
  ])('an option of an earlier version is refused, and the error names its replacement: %o', (make, message) => {
    expect(make).toThrow(FactorConfigError);
    expect(make).toThrow(message);
  });

  it.each(['signUp', 'adoptIdsBefore'])('the option %s is refused by a second factor', (name) => {
    const value = name === 'signUp' ? false : 1;
    for (const make of [
      () => new EmailOtpFactor({ ...mail, [name]: value }),
      () => new SmsOtpFactor({ ...sms, policy: 'additional', [name]: value }),
    ])
      expect(make).toThrow(`option "${name}" works only with policy "default"; leave it out`);
    expect(() => new EmailOtpFactor({ ...mail, policy: 'default', [name]: value })).not.toThrow();
  });
});

describe('in production', () => {
  it('fictional numbers are refused in production', () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect(() => new SmsOtpFactor({ ...sms, allowFictional: true })).toThrow(/"allowFictional".*production/);
  });
});

it.each([
  [SmsOtpFactor, sms],
  [EmailOtpFactor, mail],
  [TotpFactor, { issuer: 'A' }],
  [RecoveryCodesFactor, {}],
] as const)('a longest lock shorter than the first is refused by %o', (Factor, sound) => {
  const create = Factor as unknown as new (options: object) => object;
  expect(() => new create({ ...sound, lockMs: 120_000, maxLockMs: 60_000 })).toThrow(/"maxLockMs"/);
});

it.each([{}, { from: '+14155552671', messagingServiceSid: sid('MG') }])('twilio refuses %j: exactly one sender', (sender) => {
  expect(() => twilio({ accountSid: sid('AC'), authToken: 't', ...sender })).toThrow(/"from" and "messagingServiceSid"/);
});

describe('mfaCompat', () => {
  const compat = mfaCompat({ options: ['TOTP'] });

  it('mfaCompat takes the key of the built-in adapter, and no other factor does', () => {
    expect(() => composeFactors({ ...compose, factors: { mfa: compat } })).not.toThrow();
    for (const key of ['totp', 'google', 'MFA'])
      expect(() => composeFactors({ ...compose, factors: { [key]: compat } })).toThrow(FactorConfigError);
    const pretending = Object.assign(new TotpFactor({ issuer: 'Acme' }), { replaces: { provider: 'google' } });
    for (const factor of [new TotpFactor({ issuer: 'Acme' }), pretending])
      expect(() => composeFactors({ ...compose, factors: { mfa: factor } })).toThrow(/built into Parse Server/);
  });

  it.each([
    [{ options: ['SMS'] }, /"sendSMS"/],
    [{ options: ['SMS'], sendSMS: String }, /"countries"/],
    [{ options: ['SMS'], sendSMS: String, countries: 'all' }, /"countries"/],
    [{ options: ['TOTP', 'FAX'] }, /"options"/],
    [{ options: ['TOTP'], digits: 4 }, /"digits" must be a whole number from 6 to 9/],
    [{ options: ['TOTP'], digits: 10 }, /"digits"/],
    [{ options: ['TOTP'], period: 5 }, /"period"/],
    [{ options: ['TOTP'], algorithm: 'SHA3-256' }, /"algorithm"/],
    [{ options: ['TOTP'], lockMs: 120_000, maxLockMs: 60_000 }, /"maxLockMs"/],
    [{ options: ['TOTP'], sms: true }, /unknown option "sms"/],
    [{ options: ['TOTP'], enabled: false }, /"enabled" must be true, or left out; to turn mfa off, remove it from "factors"/],
  ])('mfaCompat refuses %j', (options, message) => {
    expect(() => mfaCompat(options as MfaCompatOptions)).toThrow(message);
  });

  it.each(['SHA1', 'sha1', 'SHA-1', 'SHA256', 'sha-512'])(
    'mfaCompat takes the algorithm as the built-in adapter does: %s',
    (algorithm) => {
      expect(() => mfaCompat({ options: ['TOTP'], algorithm })).not.toThrow();
    },
  );

  it('mfaCompat takes `enabled: true`, as it stands in many configurations of the built-in adapter', () => {
    expect(() => mfaCompat({ enabled: true, options: ['TOTP'] })).not.toThrow();
  });

  it('users of mfaCompat can be moved only to factors that are there', () => {
    const install = (factors: Parameters<typeof installMfaMigration>[0], options?: object) => () =>
      installMfaMigration(factors, options, { Cloud: { define: () => undefined } } as never);
    expect(install(composeFactors(compose))).toThrow(/no factor "mfa"/);
    const composed = composeFactors({ ...compose, factors: { ...compose.factors, mfa: compat } });
    expect(install(composed)).toThrow(/"recovery"/);
    expect(install(composed, { recovery: false })).not.toThrow();
    expect(install(composed, { recovery: false, sms: 'otp' })).toThrow(/unknown option "sms"/);
  });
});
