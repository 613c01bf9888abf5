import {
  composeFactors,
  generateKey,
  outbox,
  type AnyFactor,
  type CloudRequest,
  type ComposedFactors,
  type ComposeOptions,
  type FactorEvent,
  type StepUpOptions,
  type InstallOptions,
  type Outbox,
  type ParseCloud,
} from '@parse-factors/core';
import { EmailOtpFactor, type EmailOtpOptions } from '@parse-factors/email-otp';
import { SmsOtpFactor, type SmsOtpOptions } from '@parse-factors/sms-otp';
import { TotpFactor, type TotpOptions } from '@parse-factors/totp';
import { authenticatorCode } from './authenticator-code.js';
import { startParseServer, type Answer, type Person, type TestServer } from '@parse-factors/test-server/parse-server';
import { sessionHeaders } from './requests.js';
import { MINUTE } from './time.js';

/** A server with all three factors, on a clock that stands still until it is moved. */
export interface Stage extends TestServer {
  /** The server's `auth` option, which it reads anew for every request. */
  readonly auth: Record<string, unknown>;
  readonly factors: ComposedFactors;
  readonly keys: string;
  readonly sms: Outbox;
  readonly mail: Outbox;
  readonly events: FactorEvent[];
  readonly time: { now: number };
  challenge(body: object, headers?: Record<string, string>): Promise<Answer>;
  logIn(person: Person, authData?: object): Promise<Answer>;
  /** The same person in another session, opened with these answers. */
  another(person: Person, authData?: object): Promise<Person>;
  save(person: Person, authData: object): Promise<Answer>;
  enrolPhone(person: Person, phone?: string): Promise<void>;
  enrolEmail(person: Person, email?: string): Promise<void>;
  enrolTotp(person: Person): Promise<string>;
  lastCode(box: Outbox): string;
  totp(secret: string, stepsAhead?: number): string;
}

/** What a test may choose otherwise. */
export interface StageOptions {
  readonly compose?: Partial<ComposeOptions>;
  readonly sms?: Partial<SmsOtpOptions>;
  readonly mail?: Partial<EmailOtpOptions>;
  readonly totp?: Partial<TotpOptions>;
  readonly emailLogin?: Partial<EmailOtpOptions>;
  readonly phoneLogin?: Partial<SmsOtpOptions>;
  readonly server?: Readonly<Record<string, unknown>> & { readonly auth?: object; readonly appId?: string };
  /** Further factors by their keys. */
  readonly more?: Readonly<Record<string, AnyFactor>>;
  /** Whether the guard is installed, and Cloud functions, `plain` and `sensitive`, which only fresh sessions may call; or how. */
  readonly install?: boolean | InstallOptions;
  /** A database that is there already, in place of an empty one. */
  readonly databaseUri?: string;
}

/** Starts a {@link Stage} on an empty database of that server. */
export async function startStageOn(databaseServer: string, options: StageOptions = {}): Promise<Stage> {
  const time = { now: Date.UTC(2026, 10, 21, 12) };
  const clock = (): number => time.now;
  const [sms, mail] = [outbox({ name: 'sms', clock }), outbox({ name: 'email', clock })];
  const events: FactorEvent[] = [];
  const keys = generateKey('test');
  const phones: SmsOtpOptions = { channel: sms, countries: ['US', 'FR'], allowFictional: true, maxSendsPerPrefix: 10_000 };
  const factors = composeFactors({
    keys,
    clock,
    notices: false, // they would be the last message where a test looks for a code
    selfCheck: false, // it would come in between when statements are counted
    onEvent: (event) => events.push(event),
    factors: {
      otp: new SmsOtpFactor({ ...phones, ...options.sms }),
      email: new EmailOtpFactor({ channel: mail, ...options.mail }),
      totp: new TotpFactor({ issuer: 'Acme', ...options.totp }),
      emailLogin: new EmailOtpFactor({ channel: mail, policy: 'default', ...options.emailLogin }),
      phoneLogin: new SmsOtpFactor({ ...phones, policy: 'default', ...options.phoneLogin }),
      ...options.more,
    },
    ...options.compose,
  });
  const auth: Record<string, unknown> = { ...factors.auth, ...options.server?.auth };
  const { install = false } = options;
  const cloud =
    install === false ? {} : { cloud: (parse: CloudCode) => installGuard(parse, factors, install === true ? {} : install) };
  const server = await startParseServer(databaseServer, { ...cloud, ...options.server, auth }, options.databaseUri);
  return Object.assign(server, extras(server, { auth, factors, keys, sms, mail, events, time }));
}

/** The part of `Parse` in Cloud Code that is used here. */
type CloudCode = Omit<ParseCloud, 'Cloud'> & {
  readonly Cloud: Omit<ParseCloud['Cloud'], 'define'> & {
    define(name: string, work: (request: CloudRequest & { params: StepUpOptions }) => Promise<string>): void;
  };
};

function installGuard(parse: CloudCode, factors: ComposedFactors, options: InstallOptions): void {
  factors.install(parse, options);
  parse.Cloud.define('plain', async () => 'done');
  parse.Cloud.define('sensitive', async (request) => {
    await factors.requireFresh(request, request.params);
    return 'done';
  });
}

type State = Pick<Stage, 'auth' | 'factors' | 'keys' | 'sms' | 'mail' | 'events' | 'time'>;

function extras(server: TestServer, state: State): Omit<Stage, keyof TestServer> {
  const { time, sms, mail } = state;
  const challenge: Stage['challenge'] = (body, headers) => server.call('POST', '/challenge', body, headers);
  const save: Stage['save'] = (person, authData) => server.call('PUT', `/users/${person.id}`, { authData }, person.session);
  const expectOk = ({ status, body }: Answer): Answer => {
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return { status, body };
  };
  const lastCode = (box: Outbox): string => /\d{6,9}/.exec(box.messages.at(-1)?.text ?? '')?.[0] ?? '';
  const totp = (secret: string, stepsAhead = 0): string => authenticatorCode(secret, time.now, stepsAhead);
  return {
    ...state,
    challenge,
    save,
    lastCode,
    totp,
    logIn: ({ username, password }, authData) =>
      server.call('POST', '/login', { username, password, ...(authData && { authData }) }),
    async another(person, authData) {
      const { body } = expectOk(await this.logIn(person, authData));
      return { ...person, session: sessionHeaders({ body }) };
    },
    async enrolPhone(person, phone = '+15551234567') {
      expectOk(await challenge({ challengeData: { otp: { phone } } }, person.session));
      expectOk(await save(person, { otp: { phone, code: lastCode(sms) } }));
    },
    async enrolEmail(person, email = `${person.username}@example.com`) {
      expectOk(await challenge({ challengeData: { email: { email } } }, person.session));
      expectOk(await save(person, { email: { email, code: lastCode(mail) } }));
    },
    async enrolTotp(person) {
      const { body } = expectOk(await challenge({ challengeData: { totp: true } }, person.session));
      const { secret } = body['challengeData'].totp as { secret: string };
      expectOk(await save(person, { totp: totp(secret) }));
      time.now += MINUTE; // the step that set it up is spent
      return secret;
    },
  };
}
