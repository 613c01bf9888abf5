/**
 * The factors of the example. Read this file from top to bottom, and copy what you need:
 *
 * 1. `composeExample` chooses the factors and sets their options.
 * 2. `parseServerOptions` tells Parse Server about them.
 *
 * `server/server.ts` calls both and starts the server.
 */
import {
  composeFactors,
  type ComposedFactors,
  HelpCodeFactor,
  passwordList,
  proofOfWork,
  type StoreHost,
  ways,
} from '@parse-factors/core';
import type { OtpStore } from '@parse-factors/core/store';
import { EmailOtpFactor } from '@parse-factors/email-otp';
import { FieldsFactor, isoDate } from '@parse-factors/fields';
import { type FactorMetrics, meteredStore } from '@parse-factors/metrics';
import { PasskeyFactor } from '@parse-factors/passkey';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { SmsOtpFactor } from '@parse-factors/sms-otp';
import { TotpFactor } from '@parse-factors/totp';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import type ParseSdk from 'parse/node';
import type { Channels } from './server/channels.js';
import { defineOwnEvents } from './server/own-events.js';
import type { Settings } from './settings.js';

/** The application's name in messages, in authenticator apps and in passkey dialogues. */
const APP_NAME = 'Example';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** Text messages go to these countries only. Name the countries of your users: each further one can be abused for SMS pumping. */
const EUROPE = ['AT', 'BE', 'CH', 'DE', 'DK', 'ES', 'FI', 'FR', 'GB', 'IE', 'IT', 'NL', 'NO', 'PL', 'PT', 'SE'] as const;
const OVERSEAS = ['AU', 'BR', 'CA', 'IN', 'JP', 'MX', 'NZ', 'US'] as const;

/** Passwords that attackers try first. */
const COMMON_PASSWORDS = ['password', 'password1', '12345678', '123456789', 'qwertyuiop', APP_NAME];

/** What a webhook receives: changes of an account and signs of an attack. Without a choice, each login sends a message. */
const SENT_EVENTS = ['enrolled', 'replaced', 'removed', 'reset', 'locked', 'new_device', 'password_reset'] as const;

/** Parts that a caller can replace: `main.ts` the store, and tests the clock. */
export interface FactorParts {
  /** Where codes and limits are stored. Default: the application's database. */
  readonly store?: OtpStore | undefined;
  /** What counts events and measures the store. Default: nothing. */
  readonly metrics?: FactorMetrics | undefined;
  /** The current time in epoch milliseconds. Default: `Date.now`. */
  readonly clock?: () => number;
}

/**
 * Composes all factors. The keys, such as `otp`, are yours to choose. Clients send them in `authData` and
 * `challengeData`, so a key must stay the same once users have set up its factor.
 *
 * @throws FactorConfigError when an option is wrong; the message names the option
 */
export function composeExample(
  settings: Settings,
  channels: Channels,
  { store, metrics, clock }: FactorParts = {},
): ComposedFactors {
  // A user may have three phones, three addresses and three authenticator apps.
  const several = { maxAuthenticators: 3 };
  const emailOptions = { channel: channels.email, appName: APP_NAME };
  const smsOptions = {
    // Users choose between a text message and a call. The first way is the default.
    channel: channels.voice === undefined ? channels.sms : ways({ sms: channels.sms, voice: channels.voice }),
    appName: APP_NAME,
    countries: [...EUROPE, ...OVERSEAS],
    // If fewer than one code of five comes back, no further new numbers of that country get messages in this hour.
    conversion: { minPercent: 20, messages: 100, windowMs: HOUR_MS },
    // Numbers such as +1 555 123 4567 belong to no person. They are accepted while messages go to the outbox only.
    allowFictional: channels.outboxes.some((outbox) => outbox === channels.sms),
  };

  // With `PROOF_OF_WORK=true` the browser works for a moment before a stranger gets a code. `parse-app.ts` does the work.
  const strangers = settings.asksForWork ? { allow: proofOfWork() } : {};

  return composeFactors({
    // These keys encrypt what the server stores about factors. `npx @parse-factors/core keygen` prints one.
    keys: settings.factorKeys,

    factors: {
      // Second factors. A user who has set up at least one must verify one of them after the password.
      otp: new SmsOtpFactor({ ...smsOptions, ...several }),
      email: new EmailOtpFactor({ ...emailOptions, ...several }),
      totp: new TotpFactor({ issuer: APP_NAME, ...several }),
      // With the policy `solo` a passkey is also a primary factor: the user signs in with the passkey alone. With `signUp`
      // a new user needs nothing else to open an account.
      passkey: new PasskeyFactor({
        rpId: settings.rpId,
        origins: settings.origins,
        rpName: APP_NAME,
        policy: 'solo',
        signUp: true,
      }),

      // Primary factors. With the policy `default` a code replaces the password, and signs up users who are new.
      emailLogin: new EmailOtpFactor({ ...emailOptions, ...strangers, policy: 'default' }),
      phoneLogin: new SmsOtpFactor({ ...smsOptions, ...strangers, policy: 'default' }),
      // A user can also sign in with their member number and birth date. Others may know these, so the user must
      // verify a second factor as well.
      member: new FieldsFactor({ find: 'memberNumber', match: [{ name: 'birthDate', ...isoDate }] }),

      // Backup authenticators. They replace a second factor that the user has lost or does not want to use each time.
      // Before two recovery codes can change factors, the owner has three days to stop it. `signUp` above demands a wait.
      recovery: new RecoveryCodesFactor({ changesFactors: { afterMs: 3 * DAY_MS } }),
      device: new TrustedDeviceFactor(),
      // An administrator issues this one, to a user who has lost their factors. The operator's page does it.
      help: new HelpCodeFactor(),
    },

    // A user who has forgotten the password sets a new one with a code to an address that signs them in.
    passwordReset: ['emailLogin', 'phoneLogin'],

    // No user chooses one of these as a new password. In production, `breachedPasswords()` refuses all that were ever stolen.
    passwordCheck: passwordList(COMMON_PASSWORDS),

    // A user who enters an email address verifies it with a code.
    addressVerification: { email: 'emailLogin' },

    // A user who has a second factor verifies it before they change these.
    freshProofFor: ['password', 'email'],

    // With `REQUIRE_FACTOR=true` users must set up a second factor before they get a session.
    ...(settings.isEnforced && { enrolment: { requiredFor: 'everybody' } }),

    // The class `FactorEvent` keeps every event. The security page and the operator's page show them.
    eventLog: { keepDays: 90 },

    // With `WEBHOOK_URL` and `WEBHOOK_SECRET`, another system receives events too, signed.
    ...(settings.webhook !== undefined && {
      webhook: { url: settings.webhook.url, secrets: [settings.webhook.secret], events: SENT_EVENTS },
    }),

    ...(store !== undefined && { store }),
    // With `METRICS_TOKEN`, Prometheus reads how often codes are sent, verified and refused, and how fast the store is.
    ...(metrics !== undefined && {
      onEvent: metrics.onEvent,
      store: ({ inDatabase }: StoreHost) => meteredStore(store ?? inDatabase(), metrics),
    }),
    ...(clock !== undefined && { clock }),
  });
}

/** The options of Parse Server that concern the factors. Spread them into `ParseServer.startApp({ … })`. */
export function parseServerOptions(factors: ComposedFactors): object {
  return {
    auth: factors.auth,

    cloud: (Parse: typeof ParseSdk): void => {
      // Required: `install` registers the triggers of `_User` that protect the factors. Here it also defines the Cloud
      // functions that the operator's page and Parse Dashboard call, and a job that deletes expired rows from the store.
      factors.install(Parse, { adminFunctions: true, dashboard: true, pruneJob: true });
      // Your own Cloud Code goes here. This function shows users the events of their own account.
      defineOwnEvents(Parse);
    },

    // Otherwise Parse Server logs the user name and email address with each login and each save of a user.
    logLevels: { triggerBeforeSuccess: 'silent', triggerAfter: 'silent', triggerBeforeError: 'silent' },

    // Parse Dashboard shows the findings of the self-check under App Settings, Security.
    security: { enableCheck: true, checkGroups: [factors.checkGroup()] },

    // Users must not read each other's factors, nor the values that `member` asks for.
    protectedFields: { _User: { '*': ['authData', 'memberNumber', 'birthDate'] } },
    // Pages of other origins may send the header of a proof of work.
    allowHeaders: ['x-parse-factors-proof'],
    // Users can read the status of their own factors.
    protectedFieldsOwnerExempt: true,
  };
}
