import { isUnconfirmed, type EnrolmentRecord } from '../src/account/records/enrolment-record.js';
import { EnrolmentSealer } from '../src/account/records/enrolment-sealer.js';
import { secondFactors } from '../src/account/factor-roles.js';
import { LoginPolicy } from '../src/account/login-policy.js';
import type { PolicyOption } from '../src/account/policy-options.js';
import type { AccountState, LoginNotes, Server } from '../src/account/ports.js';
import { changesOf } from '../src/account/records/record-plan.js';
import type { Runtime } from '../src/account/runtime.js';
import { Keyring } from '../src/crypto/keyring.js';
import { systemRandom } from '../src/crypto/random.js';
import { FactorError } from '../src/error/factor-error.js';
import type { FactorEvent } from '../src/factor/factor-event.js';
import type { Factor } from '../src/factor/factor.js';
import type { AuthRequest, RequestKind } from '../src/flows/auth-request.js';
import { MemoryOtpStore } from '../src/store/memory-otp-store.js';
import { fakeClock, type FakeClock } from '../../testing/src/fake-clock.js';
import { MemoryWebhookQueue } from './memory-webhook-queue.js';
import { OLDER_KEY, userWith } from './unit-stage.js';

/** The ports in a few lines: a server with one user, whose records stand in memory. */
export interface MemoryServer {
  readonly clock: FakeClock;
  readonly runtime: Runtime;
  readonly server: Server;
  readonly events: FactorEvent[];
  /** Checks of other providers that were asked for, in their order. */
  readonly verified: string[];
  /** The user as stored now. */
  account(): AccountState;
  /** Stores an enrolment of the user, sealed as a flow would. */
  enrol(key: string, enrolment: object): void;
  /** A sign-in of the user that sends these. */
  request(providers: Readonly<Record<string, unknown>>, more?: Partial<AuthRequest>): AuthRequest;
}

/** What a server in memory is made of; all may be left out but the factors. */
export interface MemoryServerOptions {
  readonly factors: Readonly<Record<string, Factor<object>>>;
  readonly policy?: PolicyOption;
  /** What is stored of providers that are no factors. */
  readonly stored?: Readonly<Record<string, unknown>>;
  /** Providers that are second factors of other adapters. */
  readonly otherSecondFactors?: readonly string[];
}

/** Starts a server in memory. */
export function memoryServer({
  factors,
  policy = 'any',
  stored = {},
  otherSecondFactors = [],
}: MemoryServerOptions): MemoryServer {
  const clock = fakeClock();
  const events: FactorEvent[] = [];
  const verified: string[] = [];
  let records: Readonly<Record<string, unknown>> = stored;
  const notes: LoginNotes = { written: new Map() };
  const keyring = new Keyring(OLDER_KEY);
  const runtime: Runtime = {
    factors,
    keyring,
    recordKeyring: keyring,
    formerAppIds: [],
    clock,
    random: systemRandom,
    freshMs: 300_000,
    policy: new LoginPolicy({ policy, enrolment: {} }, secondFactors({ factors }), clock),
    passwordCheck: undefined,
    revokeSessionsOn: ['enrolled', 'replaced', 'removed'],
    maxAttemptsPerIp: 100,
    passwordReset: [],
    addressVerification: {},
    takeOver: true,
    freshProofFor: [],
    onEvent: (event) => void events.push(event),
    notices: false,
    rememberDevices: true,
    newDeviceNotices: true,
    eventLog: false,
    keepEventsMs: undefined,
    later: (work) => void work.catch(() => undefined),
  };
  const account = (): AccountState => ({
    id: 'u1',
    user: userWith({ createdAt: '2030-01-01T00:00:00.000Z' }),
    stored: Object.fromEntries(Object.entries(records).filter(([, record]) => !isUnconfirmed(record))),
    unconfirmed: [],
  });
  const unused = (): never => {
    throw new FactorError('unavailable');
  };
  const server: Server = {
    appId: 'app',
    providers: Object.keys(factors),
    store: new MemoryOtpStore({ clock }),
    accounts: {
      find: async () => account(),
      get: async () => account(),
      findBy: async () => [account()],
      list: async () => [account()],
      count: async () => 1,
      findByEmail: async () => [account()],
      verifiesEmails: true,
      findLinked: async () => undefined,
      hasPassword: async () => true,
      commit: async (_account, plan) => {
        const changes = changesOf([plan], account().stored);
        const kept = Object.entries({ ...records, ...changes }).filter(([, record]) => record !== null);
        records = Object.fromEntries(kept);
        return changes;
      },
      stage: (): EnrolmentRecord => unused(),
      stageWith: unused,
      stageWithOther: () => undefined,
      write: async () => unused(),
      isPassword: async () => unused(),
      preview: (_userId, _given, now) => now,
      decideProviders: () => undefined,
      losesAllOnRemoval: false,
    },
    sessions: {
      assertAlive: async () => undefined,
      endOthers: async () => 0,
      end: async () => undefined,
      onOpened: () => undefined,
      find: async () => undefined,
      list: async () => [],
      keep: async () => [],
      compact: async () => undefined,
    },
    devices: { use: async () => true, add: async () => true, list: async () => [], forget: async () => undefined },
    roles: { namesOf: async () => [] },
    replies: { hide: () => undefined, count: () => 0, show: () => undefined },
    notes: () => notes,
    logEvent: async () => undefined,
    listEvents: async () => [],
    webhookQueue: new MemoryWebhookQueue(),
    assertNoTransaction: () => undefined,
  };
  return {
    clock,
    runtime,
    server,
    events,
    verified,
    account,
    enrol(key, enrolment) {
      const owner = { appId: 'app', userId: 'u1', key, createdAt: '2030-01-01T00:00:00.000Z' };
      const sealer = new EnrolmentSealer(runtime, owner, factors[key]);
      records = { ...records, [key]: sealer.seal(enrolment) };
    },
    request: (providers, more = {}) => ({
      runtime,
      server,
      client: { ip: '192.0.2.7', installationId: undefined, headers: {} },
      hasMasterKey: false,
      kind: 'sign-in' satisfies RequestKind,
      session: undefined,
      isAdministrator: false,
      account: account(),
      sent: { providers, hasPassword: false },
      others: {
        verify: async (provider) => verified.push(provider) > 0,
        isSecondFactor: (provider) => otherSecondFactors.includes(provider),
      },
      progress: { staged: {} },
      ...more,
    }),
  };
}
