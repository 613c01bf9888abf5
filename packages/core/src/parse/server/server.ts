import type { KnownDevices } from '../../account/devices/known-device.js';
import type { EventRecords, WebhookQueue } from '../../account/event-ports.js';
import type {
  Accounts,
  ClientInfo,
  EventQuery,
  LoginNotes,
  LoginReplies,
  Roles,
  Server,
  ServerRequest,
  Sessions,
} from '../../account/ports.js';
import type { FactorEvent } from '../../factor/factor-event.js';
import type { OtpStore } from '../../store/otp-store.js';
import type { Bridge } from '../bridge.js';
import { classIncidents, eventRecords } from '../class-incidents.js';
import { clientInfo, type SentRequest } from './client-info.js';
import { DeviceTable, FACTOR_DEVICE_CLASS } from '../database/device-table.js';
import { listEvents } from '../database/event-log.js';
import { assertNoTransaction } from '../database/parse-table.js';
import type { HookConfig } from '../parse-types.js';
import { ProviderChecks } from '../provider-checks.js';
import { notesOf } from '../request-scope.js';
import { ParseAccounts } from './accounts.js';
import { roleNames } from './roles.js';
import { ParseSessions } from './sessions.js';

/** The running Parse Server, for one request. */
export class ParseServer implements Server {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly roles: Roles;
  readonly #bridge: Bridge;
  readonly #config: HookConfig;
  #store: OtpStore | undefined;

  constructor(bridge: Bridge, config: HookConfig) {
    this.#bridge = bridge;
    this.#config = config;
    this.accounts = new ParseAccounts(config);
    this.sessions = new ParseSessions(config);
    this.roles = { namesOf: (userId) => roleNames(config, userId) };
  }

  get appId(): string {
    return this.#config.appId;
  }

  get providers(): readonly string[] {
    const { auth = {} } = this.#config;
    return Object.keys(auth).filter((key) => (auth[key] ?? undefined) !== undefined);
  }

  get store(): OtpStore {
    this.#store ??= this.#bridge.storeFor(this.#config);
    return this.#store;
  }

  get devices(): KnownDevices {
    const { appId, database } = this.#config;
    return new DeviceTable(appId, database, classIncidents(this.#bridge.runtime, database, FACTOR_DEVICE_CLASS));
  }

  get replies(): LoginReplies {
    return ProviderChecks.of(this.#config).replies;
  }

  notes(userId: string): LoginNotes {
    return notesOf(this.#config, userId);
  }

  logEvent(event: FactorEvent): Promise<void> {
    return this.#records.logEvent(event);
  }

  get webhookQueue(): WebhookQueue {
    return this.#records.webhookQueue;
  }

  get #records(): EventRecords {
    return eventRecords(this.#bridge.runtime, this.#config.database);
  }

  listEvents(query: EventQuery): Promise<readonly FactorEvent[]> {
    return listEvents(this.#config.database, query);
  }

  assertNoTransaction(): void {
    assertNoTransaction(this.#config.database);
  }
}

/** A request in the form that flows handle: its client, and the server. */
export interface BridgedRequest extends ServerRequest {
  readonly client: ClientInfo;
  readonly server: ParseServer;
}

/** Translates a request of Parse Server into the form that flows handle. */
export const bridged = (bridge: Bridge, request: SentRequest & { readonly master?: boolean | undefined }): BridgedRequest => ({
  hasMasterKey: request.master === true,
  client: clientInfo(bridge.clientIp, request),
  server: new ParseServer(bridge, request.config),
});
