import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import type { Reply } from '../../factor/context.js';
import { administration } from '../../flows/administration/administer.js';
import { migrateUsers, type MoveOptions, type MoveReport } from '../../flows/administration/migrate-users.js';
import type { ResealReport } from '../../flows/administration/reseal-records.js';
import type { AdminCall } from '../../flows/administration/user-batch.js';
import { endSessions, type OwnSession, ownSessions, type SessionRequest } from '../../flows/sessions/own-sessions.js';
import { shown } from '../../flows/show-status.js';
import { asObject } from '../../validation/json-object.js';
import type { Bridge } from '../bridge.js';
import { withParseErrors } from '../parse-errors.js';
import { bridged } from '../server/server.js';
import { type AdminRequest, assertAdministrator } from './admin-request.js';
import { type CloudRequest, sessionOf } from './cloud-request.js';
import { handleAdmin } from './handle-admin.js';
import { hideResult } from './logged-result.js';

/** The name of the Cloud function that returns the status of the user's own factors. */
export const STATUS_FUNCTION = 'factorsStatus';

/**
 * Returns what the session's user sees of their factors, by key.
 *
 * @throws Parse.Error `session_required` without a session
 */
export function ownStatus(bridge: Bridge, request: CloudRequest): Promise<Readonly<Record<string, Reply>>> {
  const { runtime } = bridge;
  const asked = bridged(bridge, request);
  return withParseErrors(emitter('', runtime, asked, request.user?.id), async () => {
    const session = sessionOf(request);
    if (session === undefined) throw new FactorError('session_required');
    return shown(runtime, asked, await asked.server.accounts.get(session.userId));
  });
}

/** The Cloud functions for the sessions of the session's user, which `install` registers. */
export interface SessionFunctions {
  /** Returns the user's sessions, the newest first, 100 at most. */
  factorsSessions(request: AdminRequest): Promise<readonly OwnSession[]>;
  /** `{ id }`: ends that session of the user. `{ others: true }`: ends all but this one. Returns how many have ended. */
  factorsEndSessions(request: AdminRequest): Promise<number>;
}

/** The `objectId` of a session. Postgres refuses some other texts, such as with NUL, by a fault. */
const SESSION_ID = /^[\w-]{1,64}$/;

/** Builds the Cloud functions for the sessions of a user. */
export function sessionFunctions(bridge: Bridge): SessionFunctions {
  const handle = <Result>(request: AdminRequest, work: (at: SessionRequest) => Promise<Result>): Promise<Result> => {
    const { runtime } = bridge;
    const asked = bridged(bridge, request);
    const session = sessionOf(request);
    return withParseErrors(emitter('', runtime, asked, session?.userId), () => work({ runtime, request: asked, session }));
  };
  return {
    factorsSessions: async (request) => {
      const sessions = await handle(request, ownSessions);
      hideResult(request.config); // addresses and devices
      return sessions;
    },
    factorsEndSessions: (request) =>
      handle(request, (at) => {
        if (at.session === undefined) throw new FactorError('session_required');
        const { id, others, ...unknown } = asObject(request.params) ?? {};
        const isOne = typeof id === 'string' && SESSION_ID.test(id) && others === undefined;
        const isOthers = id === undefined && others === true;
        if (Object.keys(unknown).length > 0 || !(isOne || isOthers)) {
          throw new FactorError('invalid_input', { sentence: 'Send the field "id", or the field "others" with the value true.' });
        }
        return endSessions(at, isOne ? id : undefined);
      }),
  };
}

/** The Cloud functions that `install` registers with `adminFunctions`. Each needs the master key and emits an event. */
export interface AdminFunctions {
  /**
   * `{ userId }`: returns the user's factors by key, as the user sees them; never a secret. The `status` is `unreadable` for a
   * record that does not open.
   */
  factorsList(request: AdminRequest): Promise<Readonly<Record<string, Reply>>>;
  /**
   * `{ userId, factor? }`: removes the named factor, and ends what depends on it. Without `factor` it removes all, except primary
   * factors and the only way in of a user without a password, with its recovery codes. Returns the keys that were removed.
   */
  factorsReset(request: AdminRequest): Promise<readonly string[]>;
  /** `{ userId, factor? }`: ends the locks of one factor, or of all. Returns their keys. */
  factorsUnlock(request: AdminRequest): Promise<readonly string[]>;
  /** `{ userId }`: revokes all trusted devices. Returns the keys of the factors that had any. */
  factorsRevokeDevices(request: AdminRequest): Promise<readonly string[]>;
  /** `{ userId }`: ends all sessions of the user. Returns how many have ended. Trust in devices stays. */
  factorsEndUserSessions(request: AdminRequest): Promise<number>;
  /**
   * `{ userId }`: issues a help code in place of the user's present one, and notifies the user. Returns `{ code, expiresAt }`,
   * once; Parse Server does not log it. Needs a `HelpCodeFactor`, and a user with a second factor.
   */
  factorsHelpCode(request: AdminRequest): Promise<Reply>;
  /**
   * `{ factor, country }`: opens a country again that the factor has closed because its codes did not come back (option
   * `conversion` of `SmsOtpFactor`). Returns the country.
   */
  factorsOpenCountry(request: AdminRequest): Promise<string>;
  /**
   * `{ after?, limit?, apply? }`: reseals the records of one batch of users under the newest key and the present application
   * id, and counts records by key.
   *
   * `after` is the `next` of the batch before. `limit` is 1 to 1000 users, 100 by default. Without `apply: true` nothing is
   * written.
   */
  factorsReseal(request: AdminRequest): Promise<ResealReport>;
}

/** Builds the Cloud functions for administrators. */
export function adminFunctions(bridge: Bridge): AdminFunctions {
  const admin = administration(bridge.runtime);
  return {
    factorsList: (request) => administer(bridge, request, admin.factorsList),
    factorsReset: (request) => administer(bridge, request, admin.factorsReset),
    factorsUnlock: (request) => administer(bridge, request, admin.factorsUnlock),
    factorsRevokeDevices: (request) => administer(bridge, request, admin.factorsRevokeDevices),
    factorsEndUserSessions: (request) => administer(bridge, request, admin.factorsEndUserSessions),
    async factorsHelpCode(request) {
      const issued = await administer(bridge, request, admin.factorsHelpCode);
      hideResult(request.config);
      return issued;
    },
    factorsOpenCountry: (request) => administer(bridge, request, admin.factorsOpenCountry),
    factorsReseal: (request) => administer(bridge, request, admin.factorsReseal),
  };
}

/**
 * Moves a batch of users from one factor to others.
 *
 * @throws Parse.Error `session_required` without the master key that may write, `invalid_input` for other parameters
 */
export const move = <Enrolment extends object>(
  bridge: Bridge,
  request: AdminRequest,
  options: MoveOptions<Enrolment>,
): Promise<MoveReport> => administer(bridge, request, (call) => migrateUsers(bridge.runtime, call, options));

const administer = <Result>(bridge: Bridge, request: AdminRequest, work: (call: AdminCall) => Promise<Result>): Promise<Result> =>
  handleAdmin(bridge, request, { assert: assertAdministrator, work });
