import { bucketsOf } from '../account/attempt-buckets.js';
import type { EnrolmentRecord } from '../account/records/enrolment-record.js';
import { EnrolmentSealer, type OpenedEnrolment, type RecordOwner } from '../account/records/enrolment-sealer.js';
import type { AccountState, ServerRequest, Session, StagedSave } from '../account/ports.js';
import type { RecordChanges, RecordPlan, StoredRecords } from '../account/records/record-plan.js';
import type { Runtime } from '../account/runtime.js';
import { subjectOf } from '../crypto/subject.js';
import { FactorError } from '../error/factor-error.js';
import type { AttemptBucket } from '../factor/attempt-bucket.js';
import type { EnrolledContext, Reply } from '../factor/context.js';
import type { FactorOccurrence } from '../factor/factor-event.js';
import { attemptSubject, factorSubject, otherSubjects } from '../factor/factor-subject.js';
import type { Factor } from '../factor/factor.js';
import { identityOf } from '../factor/primary-sign-in.js';
import { USER_PURPOSES } from '../factor/purpose.js';
import type { AccountRequest } from './auth-request.js';
import { changeEnrolment, changesTo } from './change-enrolment.js';
import { factorContext } from './factor-context.js';
import { describe } from './status.js';

/** How the user of a request is authenticated. */
export interface Shown {
  /** The user's own session. */
  readonly session?: Session | undefined;
  /** The primary factor of a login; undefined for the password. */
  readonly primary?: AttemptBucket | undefined;
}

/** One user's enrolment in one factor, during one request. */
export class UserFactor<Enrolment extends object> {
  /** The context that the factor works with. */
  readonly context: EnrolledContext<Enrolment>;
  /** The user, in this request. */
  readonly at: AccountRequest;
  readonly #key: string;
  readonly #records: EnrolmentSealer<Enrolment>;
  #opened: OpenedEnrolment<Enrolment> | undefined;

  /**
   * @param key the factor's key in `auth`
   * @param account the whole stored row of the user
   */
  constructor(key: string, runtime: Runtime, request: ServerRequest, account: AccountState, { session, primary }: Shown = {}) {
    const { appId, providers } = request.server;
    this.#key = key;
    this.at = { runtime, request, account, session };
    const owner: RecordOwner = { appId, userId: account.id, key, createdAt: account.user.get('createdAt') };
    this.#records = new EnrolmentSealer(runtime, owner, this.factor);
    this.context = {
      ...factorContext(key, runtime, request, account),
      user: account.user,
      ...(session !== undefined && { session: subjectOf('session', session.token) }),
      ...(primary !== undefined && { primary }),
      primaries: bucketsOf(providers, account, runtime),
      change: (work) => changeEnrolment(this.at, key, work),
    };
  }

  /** The factor. */
  get factor(): Factor<Enrolment> {
    return this.at.runtime.factors[this.#key] as unknown as Factor<Enrolment>;
  }

  /** The stored record of the factor; undefined for none. */
  get record(): unknown {
    return this.at.account.stored[this.#key] ?? undefined;
  }

  /**
   * Opens the user's enrolment; undefined when there is none.
   *
   * @throws FactorError `unavailable` when there is one that does not open
   */
  findEnrolment(): OpenedEnrolment<Enrolment> | undefined {
    if (this.record === undefined) return undefined;
    this.#opened ??= this.#records.open(this.record);
    return this.#opened;
  }

  /**
   * The user's enrolment.
   *
   * @throws FactorError `not_enrolled`, or `unavailable` when it does not open
   */
  get enrolment(): OpenedEnrolment<Enrolment> {
    const opened = this.findEnrolment();
    if (opened === undefined) throw new FactorError('not_enrolled');
    return opened;
  }

  /** Seals an enrolment into the record to store. */
  seal(enrolment: Enrolment, stored?: unknown): EnrolmentRecord {
    return this.#records.seal(enrolment, stored);
  }

  /** Opens a stored record. @throws FactorError `unavailable` when it does not open */
  open(record: unknown): Enrolment {
    return this.#records.open(record).enrolment;
  }

  /** Reseals the record if it is not sealed under the newest key. A concurrent change of the record wins. */
  async sealAnew({ isCurrent }: OpenedEnrolment<Enrolment>): Promise<void> {
    if (!isCurrent) await this.context.change((enrolment) => enrolment);
  }

  /**
   * Stages a change of the user's records, made together with Parse Server's own write while the session lasts.
   *
   * @param id the record's public id, if it has one
   * @returns the value to give Parse Server in place of the record
   */
  stage(save: Omit<StagedSave, 'userId' | 'account' | 'session' | 'emit'>, id?: string): EnrolmentRecord {
    const { account, request, session } = this.at;
    const { accounts, sessions } = request.server;
    const before = async (): Promise<void> => {
      // A change that was taken back ends all sessions of the user, so a session that has ended does not get that far.
      if (session !== undefined && this.record !== undefined) await sessions.assertAlive(session);
      await save.before?.();
    };
    return accounts.stage({ ...save, userId: account.id, session, before, emit: this.context.emit }, id);
  }

  /**
   * Returns a context that collects the factor's changes and events, to be made and emitted with Parse Server's own write.
   *
   * @returns the context, the plans that it has collected so far, and a function that emits its events
   */
  staging(): { readonly context: EnrolledContext<Enrolment>; readonly plans: RecordPlan[]; readonly emitAll: () => void } {
    const plans: RecordPlan[] = [];
    const occurrences: FactorOccurrence[] = [];
    const key = this.#key;
    const change: EnrolledContext<Enrolment>['change'] = async (work) => {
      const decide = (stored: StoredRecords): RecordChanges => changesTo(this.#records, [key, stored[key] ?? undefined], work);
      if (Object.keys(decide({ [key]: this.record })).length === 0) return false;
      plans.push({ decide });
      return true;
    };
    const emit = (occurrence: FactorOccurrence): void => void occurrences.push(occurrence);
    const emitAll = (): void => occurrences.forEach((occurrence) => this.context.emit(occurrence));
    return { context: { ...this.context, change, emit }, plans, emitAll };
  }

  /** Returns what the user sees of the enrolment; `unreadable` when it does not open. */
  get status(): Reply {
    try {
      return describe(this.factor, this.enrolment.enrolment);
    } catch {
      return { status: 'unreadable' };
    }
  }

  /** Whether an answer comes from a backup authenticator, which replaces a factor at a login only. */
  isBackup(answer: unknown): boolean {
    return this.factor.backup !== undefined || this.factor.replaces?.isBackup(answer) === true;
  }

  /**
   * Reads an answer. Nothing is counted or used up.
   *
   * @param enrolment the authenticators that may answer; by default all of them
   * @throws FactorError `invalid_input`, `not_enrolled`
   */
  async readAnswer(payload: unknown, at: 'save' | 'sign-in', enrolment: Enrolment = this.enrolment.enrolment): Promise<unknown> {
    const command = await this.factor.read(payload, { at, user: this.context.user, enrolment });
    if (command.do !== 'answer') throw new FactorError('invalid_input');
    return command.answer;
  }

  /**
   * Verifies an answer that was read, and uses it up.
   *
   * @param enrolment the authenticators that may answer; by default all of them
   * @returns the factor's reply to the client, if any
   * @throws FactorError `code_rejected`, `code_expired`, `locked`, `invalid_input`
   */
  verifyAnswer(
    answer: unknown,
    at: 'save' | 'sign-in',
    enrolment: Enrolment = this.enrolment.enrolment,
  ): Promise<Reply | undefined> {
    return this.factor.verify(this.context, at === 'save' ? 'fresh-proof' : 'sign-in', answer, enrolment);
  }

  /** Reads the confirmation of an enrolment. @throws FactorError `invalid_input` when the payload asks for something else */
  async readConfirmation(payload: unknown, at: 'save' | 'sign-in'): Promise<unknown> {
    const enrolment = at === 'save' ? this.findEnrolment()?.enrolment : undefined;
    const command = await this.factor.read(payload, { at, user: this.context.user, enrolment });
    if (command.do === 'enrol' || command.do === 'enrol-or-answer') return command.confirmation;
    throw new FactorError('invalid_input');
  }

  /** Removes all that the store holds of the user and the factor. */
  async forget(): Promise<void> {
    for (const subject of new Set([...this.#subjects, ...this.#markSubjects])) await this.context.store.forget(subject);
  }

  /** Clears failures and ends every lock. Sent codes stay valid, and used ones stay used. */
  async pardon(): Promise<void> {
    const subjects = this.#subjects;
    const primary = identityOf(this.factor);
    if (primary !== undefined) {
      const { identity, lookUp } = primary;
      // Attempts on a user that is found by fields count under these fields, whether the factor is linked or not.
      const id = lookUp === undefined ? identity.idOf(this.enrolment.enrolment) : '';
      subjects.push(identity.subject(this.context, id));
    }
    for (const subject of subjects) await this.context.store.pardon(subject);
  }

  /** The store subjects of the marks of single authenticators. A record that does not open names none. */
  get #markSubjects(): readonly string[] {
    const { several } = this.factor;
    if (several?.markSubjects === undefined || this.record === undefined) return [];
    try {
      return several.markSubjects(this.context, this.enrolment.enrolment);
    } catch {
      return [];
    }
  }

  /** The store subjects of all attempts on the factor, for each primary factor that may come before it. */
  get #subjects(): string[] {
    const logins = (this.context.primaries ?? []).map((primary) => attemptSubject({ ...this.context, primary }, 'sign-in'));
    const own = USER_PURPOSES.map((purpose) => factorSubject(this.context, purpose));
    return [...new Set([...own, ...otherSubjects(this.context, 'sign-in'), ...logins])];
  }
}
