import { emitter } from '../../events/event-dispatcher.js';
import { asObject } from '../../validation/json-object.js';
import type { ParseAuthAdapter } from '../auth-adapter.js';
import type { Bridge } from '../bridge.js';
import { classIncidents } from '../class-incidents.js';
import { type AdminRequest, assertAdministrator } from '../cloud/admin-request.js';
import { handleAdmin } from '../cloud/handle-admin.js';
import type { Installation } from '../cloud/install.js';
import { findRows } from '../database/find-rows.js';
import { ParseTable } from '../database/parse-table.js';
import { runningServer, type ServerConfig } from '../server/running-server.js';
import { bridged } from '../server/server.js';
import { hasLostAppId, isAppIdName } from './app-id-change.js';
import { databaseFindings } from './database-findings.js';
import { type CheckReport, checkReport } from './check-report.js';
import type { Finding } from './finding.js';
import { checkHeaders, serverFindings, testCodes, unreadableRecords } from './server-findings.js';
import { waitingEvents } from './webhook-findings.js';

/** The class with one row for each factor key that was ever configured, and one for each application id (a digest). */
const FACTOR_KEY_CLASS = 'FactorKey';
const MAX_KEYS = 1000;
const LOOK_EVERY_MS = 2000;
const LOOKS = 300;

/**
 * Checks the running server for problems that Parse Server does not report. For example, it ignores records under a key that
 * `auth` no longer has, and it unlinks factors when no guard is installed.
 */
export class SelfCheck {
  readonly #bridge: Bridge;
  readonly #auth: Readonly<Record<string, ParseAuthAdapter>>;
  readonly #installation: Installation;
  #last: readonly Finding[] | undefined;

  constructor(bridge: Bridge, auth: Readonly<Record<string, ParseAuthAdapter>>, installation: Installation) {
    this.#bridge = bridge;
    this.#auth = auth;
    this.#installation = installation;
  }

  /**
   * Runs the check once, when the server of these factors has been up for two seconds. Its timer does not keep the process
   * alive.
   */
  watch(): void {
    let [looks, sightings] = [0, 0];
    const timer = setInterval(() => {
      looks += 1;
      const server = runningServer(this.#auth);
      if (server !== undefined) sightings += 1;
      // Wait for the second sighting: `install` may be called right after the start.
      if (sightings === 2 || looks === LOOKS) clearInterval(timer);
      if (sightings === 2 && server !== undefined) this.#report(server).catch(() => undefined);
    }, LOOK_EVERY_MS);
    timer.unref();
  }

  /** The findings of the last check; undefined before the first one. */
  get last(): readonly Finding[] | undefined {
    return this.#last;
  }

  /** Runs the check and returns its findings; none while the server is not up. */
  async run(): Promise<readonly Finding[]> {
    const server = runningServer(this.#auth);
    if (server === undefined) return [];
    this.#last = await this.#findings(server);
    return this.#last;
  }

  async #findings(server: ServerConfig): Promise<readonly Finding[]> {
    const findings: Finding[] = [];
    const missing = this.#installation.missing(server.appId);
    if (missing.length > 0) {
      findings.push({
        reason: 'guard_not_installed',
        factor: '',
        sentence: `The guard is not installed on these triggers of _User: ${missing.join(', ')}. Any session can remove factors. Call factors.install(Parse) in Cloud Code or after the start.`,
      });
    }
    if (this.#installation.leavesWritesOpen(server)) {
      const sentence =
        "The guard could not reach Parse Server's database class, for example because it is bundled. A write to _User that runs no triggers can remove factors. Load parse-server from outside the bundle, with import or require.";
      findings.push({ reason: 'writes_not_gated', factor: '', sentence });
    }
    try {
      for (const factor of await this.#forgottenKeys(server)) findings.push(this.#describeForgotten(factor, server));
      if (await hasLostAppId(this.#bridge.runtime, server, this.#keyTable(server))) {
        findings.push({
          reason: 'app_id_changed',
          factor: '',
          sentence:
            'Some factors were sealed for another appId. Their users cannot log in. Add the old appId to the option formerAppIds of composeFactors.',
        });
      } else findings.push(...(await unreadableRecords(this.#bridge, server)));
      findings.push(...(await waitingEvents(this.#bridge, server)));
    } catch {
      findings.push({
        reason: 'check_failed',
        factor: '',
        sentence: `The check could not read the class ${FACTOR_KEY_CLASS}, so it is unknown whether all factors work. Check the database, and allow only the master key to use this class.`,
      });
    }
    findings.push(
      ...testCodes(this.#bridge.runtime),
      ...serverFindings(this.#bridge, server),
      ...checkHeaders(this.#bridge.runtime, server),
      ...(await databaseFindings(this.#bridge, server)),
    );
    for (const factor of this.#otherSecondFactors(server)) {
      findings.push({
        reason: 'other_second_factor',
        factor,
        sentence: `The provider "${factor}" has policy "additional" or "solo". A login with it can pass without a factor of composeFactors. Remove it from auth, or give it policy "default".`,
      });
    }
    if (!(await hidesAuthData(server))) {
      findings.push({
        reason: 'auth_data_not_protected',
        factor: '',
        sentence: `Other users can read and query sealed authData. Set protectedFields: { _User: { '*': ['authData'] } }.`,
      });
    }
    return findings;
  }

  /**
   * Runs the check for a request with the master key, together with what concerns the deployment. The worst finding is first.
   *
   * @throws Parse.Error `session_required` without the master key that may write
   */
  examine(request: AdminRequest): Promise<CheckReport> {
    return handleAdmin(this.#bridge, request, { assert: assertAdministrator, work: () => this.#examine(request) });
  }

  async #examine(request: AdminRequest): Promise<CheckReport> {
    const isFound = runningServer(this.#auth) !== undefined;
    const sentence = 'The self-check does not find the server that answers, for example because this process runs several.';
    const found = isFound ? await this.run() : [{ reason: 'check_failed', factor: '', sentence } as const];
    return checkReport({ bridge: this.#bridge, request, found });
  }

  async #report(server: ServerConfig): Promise<void> {
    for (const { reason, factor, sentence } of await this.run()) {
      emitter(
        factor,
        this.#bridge.runtime,
        bridged(this.#bridge, { config: server }),
        undefined,
      )({ type: 'misconfigured', reason });
      server.loggerController?.error(`parse-factors: ${reason}: ${sentence}`);
    }
  }

  /**
   * Describes a factor that users have set up but the server does not serve. Parse Server ignores a factor without an adapter,
   * and refuses the answers to a disabled one.
   */
  #describeForgotten(factor: string, { auth = {}, authDataManager }: ServerConfig): Finding {
    const isDisabled = asObject(auth[factor])?.['enabled'] === false;
    if (isDisabled && authDataManager.getValidatorForProvider(factor)?.adapter?.policy !== undefined) {
      const sentence = `"${factor}" is disabled in auth (enabled: false), but users have set it up. Parse Server requires it and refuses every answer, so they cannot log in. Enable it, or reset it for these users.`;
      return { reason: 'factor_disabled', factor, sentence };
    }
    const sentence = `Users have set up "${factor}", but auth ${isDisabled ? 'disables it' : 'does not contain it'}. They log in with a password alone. Configure it again.`;
    return { reason: 'factor_not_configured', factor, sentence };
  }

  /**
   * Finds other providers that bypass the factors. A user who answers any provider of policy `additional` passes Parse
   * Server's check, and a `solo` provider skips it.
   */
  #otherSecondFactors({ auth = {}, authDataManager }: ServerConfig): string[] {
    const others = Object.keys(auth).filter((key) => !Object.hasOwn(this.#auth, key));
    return others.filter((key) => {
      const policy = authDataManager.getValidatorForProvider(key)?.adapter?.policy;
      return policy !== undefined && policy !== 'default';
    });
  }

  #keyTable({ database }: ServerConfig): ParseTable {
    const onIncident = classIncidents(this.#bridge.runtime, database, FACTOR_KEY_CLASS);
    return new ParseTable(database, { className: FACTOR_KEY_CLASS, fields: {}, onIncident });
  }

  /** Finds keys of factors that `auth` does not serve although users have them. Stores the present keys. */
  async #forgottenKeys(server: ServerConfig): Promise<string[]> {
    const { database, auth = {} } = server;
    const table = this.#keyTable(server);
    const known = (await table.list({}, MAX_KEYS)).map(({ objectId }) => String(objectId)).filter((name) => !isAppIdName(name));
    for (const key of Object.keys(this.#auth)) if (!known.includes(key)) await table.create({ objectId: key });
    const forgotten: string[] = [];
    // A key of this composition must be served by our adapter. Keys of other adapters only need to be served.
    const isServed = (key: string): boolean => Object.is(auth[key], this.#auth[key] ?? auth[key]) && Boolean(auth[key]);
    for (const key of [...new Set([...known, ...Object.keys(this.#auth)])].filter((name) => !isServed(name))) {
      // `$exists` does not find nested fields on Postgres.
      const users = await findRows(database, '_User', { [`authData.${key}.sealed`]: { $regex: '.' } }, { limit: 1 });
      if (users.length > 0) forgotten.push(key);
    }
    return forgotten;
  }
}

/** Whether the server's options, or the permissions of the class, hide `authData` from everyone. */
async function hidesAuthData({ protectedFields, database }: ServerConfig): Promise<boolean> {
  const schema = await (await database.loadSchema()).getOneSchema('_User', true);
  const permissions = asObject(schema.classLevelPermissions)?.['protectedFields'];
  return [asObject(protectedFields)?.['_User'], permissions].some((fields) => {
    const hidden = asObject(fields)?.['*'];
    return Array.isArray(hidden) && hidden.includes('authData');
  });
}
