import type { Session } from '../../account/ports.js';
import { EMAIL_CHANGED } from '../../account/verified-field.js';
import type { MethodDemand, SessionMethods } from '../../account/sessions/session-methods.js';
import type { StepUpOptions } from '../../account/step-up-proofs.js';
import { emitter } from '../../events/event-dispatcher.js';
import type { Reply } from '../../factor/context.js';
import { deleteAccount } from '../../flows/delete-account.js';
import {
  challengePayment,
  type PaymentAnswer,
  type PaymentChallenge,
  verifyPayment,
} from '../../flows/payments/confirm-payment.js';
import { requireStepUp } from '../../flows/require-step-up.js';
import { requireFactor, sessionMethods } from '../../flows/sessions/own-sessions.js';
import { saveAccount } from '../../flows/save-account.js';
import { guardLogin } from '../../flows/sign-in/guard-login.js';
import { mayNoteEmail } from '../../flows/save-addresses.js';
import { resetsByEmail } from '../../flows/password-reset/resets-by-email.js';
import { rememberLogin } from '../../flows/sign-in/remember-login.js';
import type { Bridge } from '../bridge.js';
import { ensureFlags } from '../database/user-flags.js';
import { isInTransaction } from '../database/parse-table.js';
import { withParseErrors } from '../parse-errors.js';
import { ProviderChecks } from '../provider-checks.js';
import { readAddresses, readPassword, readResetAddresses, readSentCredentials, readUsername } from '../sent-credentials.js';
import { bridged, type BridgedRequest } from '../server/server.js';
import { accountOf } from '../server/user-rows.js';
import { watchVerificationMails } from '../verification-mails.js';
import { RequestWrites } from '../writes/request-writes.js';
import { type CloudRequest, type SaveRequest, sessionOf, type TriggerRequest } from './cloud-request.js';

/** The `_User` triggers that guard the factors, and the step-up check for application code. */
export class UserTriggers {
  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** Resolves if the session has a step-up proof; see {@link requireStepUp}. */
  requireFresh(request: CloudRequest, options?: StepUpOptions): Promise<void> {
    return this.#handle(request, request.user?.id, (asked, session) =>
      requireStepUp(this.#bridge.runtime, asked, session, options),
    );
  }

  /** Sends a code for a payment; see {@link challengePayment}. */
  challengePayment(request: CloudRequest, payment: PaymentChallenge): Promise<Reply> {
    return this.#handle(request, request.user?.id, (asked, session) =>
      challengePayment({ ...asked, runtime: this.#bridge.runtime, session }, payment),
    );
  }

  /** Verifies the code of a payment; see {@link verifyPayment}. */
  verifyPayment(request: CloudRequest, answer: PaymentAnswer): Promise<void> {
    return this.#handle(request, request.user?.id, (asked, session) =>
      verifyPayment({ ...asked, runtime: this.#bridge.runtime, session }, answer),
    );
  }

  /** Returns how the session was opened; see {@link sessionMethods}. */
  sessionMethods(request: CloudRequest): Promise<SessionMethods> {
    return this.#handle(request, request.user?.id, (asked, session) =>
      sessionMethods({ runtime: this.#bridge.runtime, request: asked, session }),
    );
  }

  /** Resolves if one of the factors was verified for the session; see {@link requireFactor}. */
  requireFactor(request: CloudRequest, demand: MethodDemand): Promise<void> {
    return this.#handle(request, request.user?.id, (asked, session) =>
      requireFactor({ runtime: this.#bridge.runtime, request: asked, session }, demand),
    );
  }

  /** Runs before a `_User` is saved; see {@link saveAccount}. */
  beforeSave(request: SaveRequest): Promise<void> {
    const { object, original } = request;
    return this.#handle(request, original?.id, async (asked, session) => {
      const { runtime } = this.#bridge;
      const addresses = readAddresses(object, [...new Set(['email', ...Object.keys(runtime.addressVerification)])]);
      const resetAddresses = readResetAddresses(object, request.config, resetsByEmail(runtime, asked.server));
      const fields = { resetAddresses, username: readUsername(object), password: readPassword(object) };
      const sent = { ...readSentCredentials(object), ...addresses, ...fields };
      // A client can choose the id of `object`; the id of `original` is that of the stored row.
      const userId = original?.id;
      const email: unknown = original?.get?.('email');
      const stored = await saveAccount({ ...asked, runtime, userId, session, sent, email });
      const flags = Object.keys(stored).filter((field) => typeof stored[field] === 'boolean');
      await ensureFlags(request.config.database, [...flags, ...(mayNoteEmail(runtime) ? [EMAIL_CHANGED] : [])]);
      for (const [field, value] of Object.entries(stored)) object.set(field, value);
    });
  }

  /** Runs before a login; see {@link guardLogin}. */
  beforeLogin(request: TriggerRequest): Promise<void> {
    return this.#handle(request, request.object.id, (asked) =>
      guardLogin({
        ...asked,
        runtime: this.#bridge.runtime,
        account: accountOf(request.object),
        hasSession: request.user !== undefined,
      }),
    );
  }

  /** Runs after a login; see {@link rememberLogin}. */
  afterLogin(request: TriggerRequest): Promise<void> {
    return this.#handle(request, request.object.id, (asked, session) =>
      rememberLogin(this.#bridge.runtime, asked, accountOf(request.object), session),
    );
  }

  /**
   * Runs after a `_User` was deleted; see {@link deleteAccount}.
   *
   * It does nothing inside a transaction: if that is rolled back, the user still exists and must keep their locks. The rows
   * then expire by themselves.
   */
  async afterDelete(request: TriggerRequest): Promise<void> {
    const { id } = request.object;
    if (id === undefined || isInTransaction(request.config.database)) return;
    await this.#handle(request, id, (asked) =>
      deleteAccount({ runtime: this.#bridge.runtime, request: asked, account: accountOf(request.object) }),
    );
  }

  #handle<Result>(
    request: CloudRequest,
    userId: string | undefined,
    work: (asked: BridgedRequest, session: Session | undefined) => Promise<Result>,
  ): Promise<Result> {
    ProviderChecks.intercept(request.config);
    RequestWrites.watch(request.config);
    watchVerificationMails(request.config, this.#bridge.runtime);
    const asked = bridged(this.#bridge, request);
    const emit = emitter('', this.#bridge.runtime, asked, userId);
    return withParseErrors(emit, () => work(asked, sessionOf(request)));
  }
}
