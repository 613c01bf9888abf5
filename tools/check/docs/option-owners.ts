import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { bird } from '../../../packages/channels/src/bird.js';
import { brevo } from '../../../packages/channels/src/brevo.js';
import { hcaptcha } from '../../../packages/channels/src/hcaptcha.js';
import { lineType } from '../../../packages/channels/src/line-type.js';
import { mailgun } from '../../../packages/channels/src/mailgun.js';
import { parseMail } from '../../../packages/channels/src/parse-mail.js';
import { plivo } from '../../../packages/channels/src/plivo.js';
import { postmark } from '../../../packages/channels/src/postmark.js';
import {
  PROVIDER_DEFAULTS,
  PROVIDER_RULES,
  type ProviderOptions,
} from '../../../packages/channels/src/support/provider-options.js';
import { prelude } from '../../../packages/channels/src/prelude.js';
import { VERIFIER_DEFAULTS, type VerifierOptions, verifierRules } from '../../../packages/channels/src/support/verifier.js';
import { CAPTCHA_DEFAULTS, CAPTCHA_RULES, type CaptchaOptions } from '../../../packages/channels/src/support/captcha.js';
import { recaptcha } from '../../../packages/channels/src/recaptcha.js';
import { resend } from '../../../packages/channels/src/resend.js';
import { ses } from '../../../packages/channels/src/ses.js';
import { sinch } from '../../../packages/channels/src/sinch.js';
import { sns } from '../../../packages/channels/src/sns.js';
import { telegram } from '../../../packages/channels/src/telegram.js';
import { twilioVerify } from '../../../packages/channels/src/twilio-verify.js';
import { turnstile } from '../../../packages/channels/src/turnstile.js';
import { twilioVoice } from '../../../packages/channels/src/twilio-voice.js';
import { vonageVerify } from '../../../packages/channels/src/vonage-verify.js';
import { vonage } from '../../../packages/channels/src/vonage.js';
import { whatsapp } from '../../../packages/channels/src/whatsapp.js';
import {
  CODE_FACTOR_RULES,
  DEFAULT_CODE_FACTOR_OPTIONS,
  resolveOptions,
  type CodeFactorOptions,
} from '../../../packages/core/src/doors/factor.js';
import {
  breachedPasswords,
  composeFactors,
  defineFactor,
  failover,
  generateKey,
  impossibleTravel,
  newCountry,
  proofOfWork,
  type WebhookOptions,
} from '../../../packages/core/src/index.js';
import { EmailOtpFactor, initializeOtpAdapter } from '../../../packages/email-otp/src/index.js';
import { sendgrid } from '../../../packages/email-otp/src/sendgrid.js';
import { smtp } from '../../../packages/email-otp/src/smtp.js';
import { FieldsFactor } from '../../../packages/fields/src/index.js';
import { installMfaMigration, mfaCompat } from '../../../packages/mfa-compat/src/index.js';
import type { MetricsOptions } from '../../../packages/metrics/src/index.js';
import { openTelemetry } from '../../../packages/metrics/src/open-telemetry.js';
import { prometheus } from '../../../packages/metrics/src/prometheus.js';
import { PasskeyFactor } from '../../../packages/passkey/src/index.js';
import { RecoveryCodesFactor } from '../../../packages/recovery-codes/src/index.js';
import { redisStore } from '../../../packages/redis-store/src/index.js';
import { SmsOtpFactor } from '../../../packages/sms-otp/src/index.js';
import { twilio } from '../../../packages/sms-otp/src/twilio.js';
import { TotpFactor } from '../../../packages/totp/src/index.js';
import { TrustedDeviceFactor } from '../../../packages/trusted-device/src/index.js';

/** What takes options. */
export interface OptionOwner {
  /** As its users call it. */
  readonly name: string;
  /** What it is imported from. */
  readonly from: string;
  /** The exported type of its options, or the exported function or class that takes them. */
  readonly type: string;
  /** Gives it options; left out where it checks none. */
  readonly make?: (options: never) => unknown;
  /** What it does not work without. */
  readonly given?: object;
  /** Defaults that depend on who takes the options. */
  readonly varying?: Readonly<Record<string, string>>;
  /** Whose options it takes besides, which are documented there. */
  readonly extends?: string;
  /** Pages that say more about an option, from `docs`, for owners that no README has a table of. */
  readonly pages?: Readonly<Record<string, string>>;
}

// What `install` shares with an application; nothing is started.
createRequire(import.meta.url)('parse-server/lib/triggers.js');

const nothing = (): undefined => undefined;
const recorder = () => ({ record: nothing });
const Parse = {
  applicationId: 'test',
  Cloud: { beforeSave: nothing, afterDelete: nothing, beforeLogin: nothing, afterLogin: nothing, job: nothing, define: nothing },
};
const composed = (): ReturnType<typeof composeFactors> =>
  composeFactors({ keys: generateKey('docs'), factors: { totp: new TotpFactor({ issuer: 'Docs' }) } });
const CODES = 'factors that deliver a code';

const core: readonly OptionOwner[] = [
  {
    name: 'composeFactors',
    from: '@parse-factors/core',
    type: 'ComposeOptions',
    make: composeFactors,
    given: { keys: generateKey('docs'), factors: { totp: new TotpFactor({ issuer: 'Docs' }) } },
    pages: {
      keys: 'run/key-rotation.md',
      formerAppIds: 'run/key-rotation.md',
      factors: 'factors/index.md',
      store: 'run/stores.md',
      freshMs: 'protect/step-up.md',
      policy: 'protect/policies.md',
      enrolment: 'protect/enforced-enrolment.md',
      maxAttemptsPerIp: 'protect/limits.md',
      passwordCheck: 'protect/passwords.md',
      selfCheck: 'run/monitoring.md',
      notices: 'protect/messages.md',
      rememberDevices: 'protect/sessions.md',
      newDeviceNotices: 'protect/sessions.md',
      eventLog: 'run/monitoring.md',
      webhook: 'run/webhooks.md',
      onEvent: 'run/monitoring.md',
      waitUntil: 'run/serverless.md',
      clientIp: 'run/serverless.md',
    },
  },
  {
    name: 'breachedPasswords',
    from: '@parse-factors/core',
    type: 'BreachedPasswordsOptions',
    make: breachedPasswords,
  },
  { name: 'breachedPasswordFile', from: '@parse-factors/core', type: 'BreachedPasswordFileOptions' },
  { name: 'testCodes', from: '@parse-factors/core/factor', type: 'TestCodesOptions' },
  {
    name: 'webhook',
    from: '@parse-factors/core',
    type: 'WebhookOptions',
    make: (webhook: WebhookOptions) =>
      composeFactors({ keys: generateKey('docs'), factors: { totp: new TotpFactor({ issuer: 'Docs' }) }, webhook }),
    given: { url: 'https://acme.example/hooks', secrets: [`whsec_${randomBytes(32).toString('base64')}`] },
    pages: { url: 'run/webhooks.md', events: 'run/webhooks.md' },
  },
  { name: 'enrolment', from: '@parse-factors/core', type: 'EnrolmentOptions' },
  { name: 'eventLog', from: '@parse-factors/core', type: 'EventLogOptions' },
  { name: 'newCountry', from: '@parse-factors/core', type: 'LocateOptions', make: newCountry, given: { locate: nothing } },
  {
    name: 'impossibleTravel',
    from: '@parse-factors/core',
    type: 'TravelOptions',
    make: impossibleTravel,
    given: { locate: nothing },
    extends: 'newCountry',
  },
  {
    name: CODES,
    from: '@parse-factors/core/factor',
    type: 'CodeFactorOptions',
    make: (options: object) =>
      resolveOptions<CodeFactorOptions>('CodeFactor', options, CODE_FACTOR_RULES, DEFAULT_CODE_FACTOR_OPTIONS),
    given: { channel: nothing, validityMs: 61_000 },
    varying: { validityMs: 'by factor' },
    pages: {
      channel: 'channels/index.md',
      policy: 'passwordless/index.md',
      signUp: 'passwordless/index.md',
      adoptIdsBefore: 'passwordless/index.md',
      cooldownMs: 'protect/limits.md',
      maxSendsPer10Minutes: 'protect/limits.md',
      maxSendsPerDay: 'protect/limits.md',
      maxSendsPerIp: 'protect/limits.md',
      budget: 'protect/limits.md',
      allow: 'protect/abuse.md',
      maxAttempts: 'protect/limits.md',
      maxFailures: 'protect/limits.md',
      message: 'protect/messages.md',
      locale: 'protect/messages.md',
      maxAuthenticators: 'factors/several-authenticators.md',
      testCodes: 'run/test-codes.md',
    },
  },
  {
    name: 'failover',
    from: '@parse-factors/core',
    type: 'FailoverOptions',
    make: (options: object) => failover([nothing, nothing], options),
    pages: { timeoutMs: 'channels/failover.md', maxFailures: 'channels/failover.md' },
  },
  {
    name: 'defineFactor',
    from: '@parse-factors/core',
    type: 'FactorDefinition',
    make: defineFactor,
    given: { answer: { maxLength: 6, pattern: /^\d{6}$/, accepts: 'six digits' }, begin: nothing, challenge: nothing },
  },
  {
    name: 'install',
    from: '@parse-factors/core',
    type: 'InstallOptions',
    make: (options: object) => composed().install(Parse, options),
  },
  { name: 'requireFresh', from: '@parse-factors/core', type: 'StepUpOptions' },
  { name: 'move', from: '@parse-factors/core/factor', type: 'MoveOptions' },
  { name: 'outbox', from: '@parse-factors/core', type: 'outbox' },
  { name: 'MemoryOtpStore', from: '@parse-factors/core', type: 'MemoryOtpStore' },
  { name: 'ParseOtpStore', from: '@parse-factors/core', type: 'ParseOtpStore' },
];

const email: readonly OptionOwner[] = [
  {
    name: 'EmailOtpFactor',
    from: '@parse-factors/email-otp',
    type: 'EmailOtpOptions',
    make: (options: CodeFactorOptions) => new EmailOtpFactor(options),
    given: { channel: nothing },
    extends: CODES,
  },
  {
    name: 'smtp',
    from: '@parse-factors/email-otp/smtp',
    type: 'SmtpOptions',
    make: smtp,
    given: { url: 'smtps://user:password@mail.example', from: 'codes@acme.example' },
  },
  {
    name: 'sendgrid',
    from: '@parse-factors/email-otp/sendgrid',
    type: 'SendgridOptions',
    make: sendgrid,
    given: { apiKey: 'SG.docs', from: 'codes@acme.example' },
  },
  {
    name: 'initializeOtpAdapter',
    from: '@parse-factors/email-otp',
    type: 'OtpAdapterOptions',
    make: initializeOtpAdapter,
    given: { otpValidityInMs: 300_000, maxAttempts: 3, sendEmail: nothing },
  },
];

const sms: readonly OptionOwner[] = [
  {
    name: 'SmsOtpFactor',
    from: '@parse-factors/sms-otp',
    type: 'SmsOtpOptions',
    make: (options: ConstructorParameters<typeof SmsOtpFactor>[0]) => new SmsOtpFactor(options),
    given: { channel: nothing, countries: ['FR'] },
    extends: CODES,
  },
  {
    name: 'twilio',
    from: '@parse-factors/sms-otp/twilio',
    type: 'TwilioOptions',
    make: twilio,
    given: { accountSid: `AC${'0'.repeat(32)}`, authToken: 'docs', from: '+14155550100' },
  },
];

/** What channels that send their own HTTP requests have alike. */
const PROVIDERS = 'channels over HTTP';
const VERIFIERS = 'verifiers over HTTP';
const UUID = '00000000-0000-0000-0000-000000000000';

const channels: readonly OptionOwner[] = [
  {
    name: PROVIDERS,
    from: '@parse-factors/channels/postmark',
    type: 'ProviderOptions',
    make: (options: object) => resolveOptions<ProviderOptions>('channel', options, PROVIDER_RULES, PROVIDER_DEFAULTS),
  },
  {
    name: 'parseMail',
    from: '@parse-factors/channels/parse-mail',
    type: 'ParseMailOptions',
    make: parseMail,
  },
  {
    name: 'ses',
    from: '@parse-factors/channels/ses',
    type: 'SesOptions',
    make: ses,
    given: { from: 'codes@acme.example' },
  },
  {
    name: 'postmark',
    from: '@parse-factors/channels/postmark',
    type: 'PostmarkOptions',
    make: postmark,
    given: { serverToken: 'docs', from: 'codes@acme.example' },
    extends: PROVIDERS,
  },
  {
    name: 'resend',
    from: '@parse-factors/channels/resend',
    type: 'ResendOptions',
    make: resend,
    given: { apiKey: 're_docs', from: 'codes@acme.example' },
    extends: PROVIDERS,
  },
  {
    name: 'mailgun',
    from: '@parse-factors/channels/mailgun',
    type: 'MailgunOptions',
    make: mailgun,
    given: { apiKey: 'docs', domain: 'mg.acme.example', from: 'codes@acme.example' },
    extends: PROVIDERS,
  },
  {
    name: 'brevo',
    from: '@parse-factors/channels/brevo',
    type: 'BrevoOptions',
    make: brevo,
    given: { apiKey: 'docs', from: 'codes@acme.example' },
    extends: PROVIDERS,
  },
  {
    name: 'vonage',
    from: '@parse-factors/channels/vonage',
    type: 'VonageOptions',
    make: vonage,
    given: { apiKey: 'docs', apiSecret: 'docs', from: '+14155550100' },
    extends: PROVIDERS,
  },
  {
    name: VERIFIERS,
    from: '@parse-factors/channels/twilio-verify',
    type: 'VerifierOptions',
    make: (options: object) => resolveOptions<VerifierOptions>('verifier', options, verifierRules(4, 10), VERIFIER_DEFAULTS),
  },
  {
    name: 'twilioVerify',
    from: '@parse-factors/channels/twilio-verify',
    type: 'TwilioVerifyOptions',
    make: twilioVerify,
    given: { accountSid: `AC${'0'.repeat(32)}`, authToken: 'docs', serviceSid: `VA${'0'.repeat(32)}` },
    extends: VERIFIERS,
  },
  {
    name: 'vonageVerify',
    from: '@parse-factors/channels/vonage-verify',
    type: 'VonageVerifyOptions',
    make: vonageVerify,
    given: { apiKey: 'docs', apiSecret: 'docs', brand: 'Acme' },
    extends: VERIFIERS,
  },
  {
    name: 'prelude',
    from: '@parse-factors/channels/prelude',
    type: 'PreludeOptions',
    make: prelude,
    given: { apiKey: 'docs' },
    extends: VERIFIERS,
  },
  {
    name: 'sns',
    from: '@parse-factors/channels/sns',
    type: 'SnsOptions',
    make: sns,
  },
  {
    name: 'sinch',
    from: '@parse-factors/channels/sinch',
    type: 'SinchOptions',
    make: sinch,
    given: { servicePlanId: 'docs', apiToken: 'docs', from: '+14155550100' },
    extends: PROVIDERS,
  },
  {
    name: 'plivo',
    from: '@parse-factors/channels/plivo',
    type: 'PlivoOptions',
    make: plivo,
    given: { authId: `MA${'0'.repeat(18)}`, authToken: 'docs', from: '+14155550100' },
    extends: PROVIDERS,
  },
  {
    name: 'bird',
    from: '@parse-factors/channels/bird',
    type: 'BirdOptions',
    make: bird,
    given: { accessKey: 'docs', workspaceId: UUID, channelId: UUID },
    extends: PROVIDERS,
  },
  {
    name: 'whatsapp',
    from: '@parse-factors/channels/whatsapp',
    type: 'WhatsappOptions',
    make: whatsapp,
    given: { accessToken: 'docs', phoneNumberId: '12345', template: 'code', languages: ['en_US'] },
    extends: PROVIDERS,
  },
  {
    name: 'telegram',
    from: '@parse-factors/channels/telegram',
    type: 'TelegramOptions',
    make: telegram,
    given: { accessToken: 'docs' },
    extends: PROVIDERS,
  },
  {
    name: 'twilioVoice',
    from: '@parse-factors/channels/twilio-voice',
    type: 'TwilioVoiceOptions',
    make: twilioVoice,
    given: { accountSid: `AC${'0'.repeat(32)}`, authToken: 'docs', from: '+14155550100' },
    extends: PROVIDERS,
  },
];

/** What checks by a CAPTCHA have alike. */
const CAPTCHAS = 'checks by a CAPTCHA';

const checks: readonly OptionOwner[] = [
  {
    name: 'proofOfWork',
    from: '@parse-factors/core',
    type: 'ProofOfWorkOptions',
    make: proofOfWork,
    varying: { maxBits: '4 more than `bits`, at most 24' },
    pages: { bits: 'protect/abuse.md', challengesPerNetwork: 'protect/abuse.md' },
  },
  {
    name: CAPTCHAS,
    from: '@parse-factors/channels/turnstile',
    type: 'CaptchaOptions',
    make: (options: object) => {
      const { header: _header, ...rules } = CAPTCHA_RULES;
      return resolveOptions<CaptchaOptions>('captcha', options, rules, CAPTCHA_DEFAULTS);
    },
    given: { secretKey: 'docs' },
    pages: { failOpen: 'protect/abuse.md' },
  },
  {
    name: 'turnstile',
    from: '@parse-factors/channels/turnstile',
    type: 'TurnstileOptions',
    make: turnstile,
    given: { secretKey: 'docs' },
    extends: CAPTCHAS,
  },
  {
    name: 'hcaptcha',
    from: '@parse-factors/channels/hcaptcha',
    type: 'HcaptchaOptions',
    make: hcaptcha,
    given: { secretKey: 'docs' },
    extends: CAPTCHAS,
  },
  {
    name: 'recaptcha',
    from: '@parse-factors/channels/recaptcha',
    type: 'RecaptchaOptions',
    make: recaptcha,
    given: { secretKey: 'docs', action: 'sign_in' },
    extends: CAPTCHAS,
  },
  {
    name: 'lineType',
    from: '@parse-factors/channels/line-type',
    type: 'LineTypeOptions',
    make: lineType,
    given: { accountSid: `AC${'0'.repeat(32)}`, authToken: 'docs' },
    pages: { accept: 'protect/abuse.md', failOpen: 'protect/abuse.md', maxLookupsPerHour: 'protect/abuse.md' },
  },
];

const factors: readonly OptionOwner[] = [
  {
    name: 'TotpFactor',
    from: '@parse-factors/totp',
    type: 'TotpOptions',
    make: (options: { issuer: string }) => new TotpFactor(options),
    given: { issuer: 'Docs' },
    pages: { maxAuthenticators: 'factors/several-authenticators.md' },
  },
  {
    name: 'PasskeyFactor',
    from: '@parse-factors/passkey',
    type: 'PasskeyOptions',
    make: (options: { rpId: string; origins: string[] }) => new PasskeyFactor(options),
    given: { rpId: 'localhost', origins: ['http://localhost'] },
  },
  {
    name: 'RecoveryCodesFactor',
    from: '@parse-factors/recovery-codes',
    type: 'RecoveryCodesOptions',
    make: (options: object) => new RecoveryCodesFactor(options),
  },
  {
    name: 'TrustedDeviceFactor',
    from: '@parse-factors/trusted-device',
    type: 'TrustedDeviceOptions',
    make: (options: object) => new TrustedDeviceFactor(options),
  },
];

const fields: readonly OptionOwner[] = [
  {
    name: 'FieldsFactor',
    from: '@parse-factors/fields',
    type: 'FieldsOptions',
    make: (options: ConstructorParameters<typeof FieldsFactor>[0]) => new FieldsFactor(options),
    given: { find: 'username', match: ['birthDate'] },
  },
  {
    name: 'a field of FieldsFactor',
    from: '@parse-factors/fields',
    type: 'FindOptions',
    make: (find: { name: string }) => new FieldsFactor({ find, match: ['birthDate'] }),
    given: { name: 'username' },
    varying: {
      ...Object.fromEntries(
        ['normalise', 'toText', 'pattern', 'maxLength', 'accepts'].map((name) => [name, 'as `caseless` has it']),
      ),
      toStored: 'the text itself',
    },
  },
];

const others: readonly OptionOwner[] = [
  {
    name: 'mfaCompat',
    from: '@parse-factors/mfa-compat',
    type: 'MfaCompatOptions',
    make: mfaCompat,
    given: { options: ['TOTP'] },
  },
  {
    name: 'installMfaMigration',
    from: '@parse-factors/mfa-compat',
    type: 'MfaMigrationOptions',
    make: (options: object) => installMfaMigration({ auth: { mfa: {}, recovery: {} }, move: nothing } as never, options, Parse),
  },
  {
    name: 'redisStore',
    from: '@parse-factors/redis-store',
    type: 'RedisStoreOptions',
    make: redisStore,
    given: { client: { evalSha: nothing, eval: nothing } },
  },
  {
    name: 'prometheus',
    from: '@parse-factors/metrics/prometheus',
    type: 'PrometheusOptions',
    make: prometheus,
    given: { factors: ['totp'] },
  },
  {
    name: 'openTelemetry',
    from: '@parse-factors/metrics/open-telemetry',
    type: 'MetricsOptions',
    make: (options: MetricsOptions) =>
      openTelemetry({ createCounter: () => ({ add: nothing }), createHistogram: recorder, createGauge: recorder }, options),
    given: { factors: ['totp'] },
  },
  { name: 'meteredStore, meteredChannel', from: '@parse-factors/metrics', type: 'StopwatchOptions' },
  { name: 'countEnrolled', from: '@parse-factors/core', type: 'CountOptions' },
  { name: 'createFactorClient', from: '@parse-factors/client', type: 'FactorClientOptions' },
  { name: 'proofOfWork of @parse-factors/client', from: '@parse-factors/client/proof-of-work', type: 'ProofOfWorkOptions' },
  { name: 'createPasskeyClient', from: '@parse-factors/client/passkey', type: 'PasskeyClientOptions' },
  { name: 'logIn of createPasskeyClient', from: '@parse-factors/client/passkey', type: 'PasskeyLogInOptions' },
  { name: 'signUp of createPasskeyClient', from: '@parse-factors/client/passkey', type: 'PasskeySignUpOptions' },
  { name: 'storeSuite', from: '@parse-factors/testing', type: 'StoreSuiteOptions' },
  { name: 'factorSuite', from: '@parse-factors/testing', type: 'FactorSuiteOptions' },
];

/** Everything that takes options, in the order of the reference. */
export const OPTION_OWNERS: readonly OptionOwner[] = [
  ...core,
  ...email,
  ...sms,
  ...channels,
  ...checks,
  ...factors,
  ...fields,
  ...others,
];

/** Exported types that end in `Options` and are no options of an owner, or are part of one. */
export const OTHER_OPTION_TYPES: ReadonlySet<string> = new Set([
  'FieldOptions',
  'PrimaryCodeOptions',
  'ResolvedCodeFactorOptions',
  'ResolvedMfaOptions',
  'SdkRequestOptions',
]);
