import { composeFactors, type ComposedFactors, type OtpStore } from '@parse-factors/core';
import { EmailOtpFactor } from '@parse-factors/email-otp';
import { FieldsFactor, isoDate } from '@parse-factors/fields';
import { PasskeyFactor } from '@parse-factors/passkey';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { SmsOtpFactor, type SmsOtpOptions } from '@parse-factors/sms-otp';
import { TotpFactor } from '@parse-factors/totp';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import type ParseSdk from 'parse/node';
import type { Channels } from './channels.js';
import { defineOwnEvents } from './own-events.js';
import { servePages } from '../pages/serve-pages.js';
import type { Settings } from '../settings.js';

/** A started Parse Server. */
export interface RunningServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** What may be another than usual. */
export interface ServerParts {
  /** Where codes and limits are kept. Default: the database. */
  readonly store?: OtpStore | undefined;
  /** The time of the factors, in epoch milliseconds. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Further options of Parse Server. */
  readonly options?: object;
}

interface ParseServerModule {
  readonly ParseServer: { startApp(options: object): Promise<{ handleShutdown(): Promise<void> }> };
}

/** What Parse Server is going to do by default; chosen here so that it does not warn. */
const FUTURE_DEFAULTS = {
  fileUpload: { allowedFileUrlDomains: [] },
  pages: { encodePageParamHeaders: true },
  readOnlyMasterKeyIps: ['127.0.0.1', '::1'],
  requestComplexity: {
    includeDepth: 10,
    includeCount: 100,
    subqueryDepth: 10,
    queryDepth: 10,
    graphQLDepth: 20,
    graphQLFields: 200,
    batchRequestLimit: 100,
  },
  protectedFieldsTriggerExempt: true,
  protectedFieldsSaveResponseExempt: false,
  installation: { duplicateDeviceTokenActionEnforceAuth: true },
  allowAggregationForReadOnlyMasterKey: false,
};

const COUNTRIES = 'AT AU BE BR CA CH DE DK ES FI FR GB IE IN IT JP MX NL NO NZ PL PT SE US'.split(
  ' ',
) as SmsOtpOptions['countries'];

/** The factors of the example, under the keys that clients use. */
function composeExample(
  { factorKeys, rpId, origins, isEnforced }: Settings,
  { sms, email, outboxes }: Channels,
  { store, clock }: ServerParts,
): ComposedFactors {
  const allowFictional = outboxes.some((box) => box === sms);
  const phones = { channel: sms, countries: COUNTRIES, appName: 'Example', allowFictional };
  return composeFactors({
    keys: factorKeys,
    ...(store !== undefined && { store }),
    ...(clock !== undefined && { clock }),
    eventLog: true,
    ...(isEnforced && { enrolment: { requiredFor: 'everybody' } }),
    factors: {
      otp: new SmsOtpFactor(phones),
      email: new EmailOtpFactor({ channel: email, appName: 'Example' }),
      emailLogin: new EmailOtpFactor({ policy: 'default', channel: email, appName: 'Example' }),
      phoneLogin: new SmsOtpFactor({ ...phones, policy: 'default' }),
      member: new FieldsFactor({ find: 'memberNumber', match: [{ name: 'birthDate', ...isoDate }] }),
      totp: new TotpFactor({ issuer: 'Example' }),
      passkey: new PasskeyFactor({ rpId, origins, rpName: 'Example', policy: 'solo' }),
      recovery: new RecoveryCodesFactor(),
      device: new TrustedDeviceFactor(),
    },
  });
}

/** Starts Parse Server with all factors, GraphQL and the example's pages. */
export async function startServer(
  settings: Settings,
  channels: Channels,
  databaseUri: string,
  parts: ServerParts = {},
): Promise<RunningServer> {
  const { port, host, masterKey } = settings;
  const url = `http://localhost:${port}`;
  const factors = composeExample(settings, channels, parts);
  process.env['PARSE_SERVER_LOGS_FOLDER'] = 'null'; // read when the module loads
  const { ParseServer } = (await import('parse-server')) as unknown as ParseServerModule;
  const server = await ParseServer.startApp({
    ...FUTURE_DEFAULTS,
    databaseURI: databaseUri,
    appId: 'example',
    masterKey,
    port,
    host,
    serverURL: `http://127.0.0.1:${port}/parse`,
    publicServerURL: `${url}/parse`,
    mountPath: '/parse',
    allowOrigin: [...settings.origins],
    mountGraphQL: true,
    graphQLPath: '/graphql',
    graphQLPublicIntrospection: true,
    auth: factors.auth,
    cloud: (Parse: typeof ParseSdk) => {
      factors.install(Parse, { adminFunctions: true, pruneJob: true });
      defineOwnEvents(Parse);
    },
    protectedFields: { _User: { '*': ['authData', 'memberNumber', 'birthDate'] } },
    protectedFieldsOwnerExempt: true, // users see the status of their own factors
    middleware: servePages(url, channels.outboxes, settings),
    logLevel: 'warn',
    ...parts.options,
  });
  return { url, stop: () => server.handleShutdown() };
}
