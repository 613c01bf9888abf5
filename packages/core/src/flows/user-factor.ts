import type { EnrolmentRecord } from '../account/enrolment-record.js';
import { EnrolmentRecords, type OpenedEnrolment, type RecordOwner } from '../account/enrolment-sealer.js';
import type { RecordChanges, RecordPlan, StoredRecords } from '../account/record-plan.js';
import { besideFactor, planToEnrol } from '../account/record-transitions.js';
import { subjectOf } from '../crypto/subject.js';
import { FactorError } from '../error/factor-error.js';
import type { EnrolledContext, FactorUser, Reply } from '../factor/context.js';
import type { FactorOccurrence } from '../factor/factor-event.js';
import { factorSubject, guessSubject, otherSubjects } from '../factor/factor-subject.js';
import type { Factor } from '../factor/factor.js';
import { PURPOSES } from '../factor/purpose.js';
import { answering } from '../parse/parse-errors.js';
import type { HookConfig, HookUser } from '../parse/parse-types.js';
import { authDataOf } from '../parse/parse-user.js';
import { RequestWrites, type StagedSave } from '../parse/request-writes.js';
import { Account } from './account.js';
import { type AskedRequest, requestContext } from './factor-context.js';
import { primariesOf } from './primary-factor.js';
import { changeRecord } from './record-change.js';
import { cancelRecovery } from './recover.js';
import type { FactorRuntime } from './runtime.js';

/** One user and one factor during one request: what is stored of them. */
export class FactorRequest<Enrolment extends object> {
  /** What the factor works with. */
  readonly context: EnrolledContext<Enrolment>;
  /** The user's account with all its factors. */
  readonly account: Account;
  readonly #runtime: FactorRuntime;
  readonly #request: AskedRequest;
  readonly #user: FactorUser;
  readonly #owner: RecordOwner;
  readonly #records: EnrolmentRecords<Enrolment>;
  #opened: OpenedEnrolment<Enrolment> | undefined;

  /**
   * @param key the factor's key in `auth`
   * @param user the whole stored row of the user
   * @param session the user's own session, where there is one
   */
  constructor(key: string, runtime: FactorRuntime, request: AskedRequest, user: FactorUser, session?: HookUser) {
    const { config } = request;
    this.#runtime = runtime;
    this.#request = request;
    this.#user = user;
    this.#owner = { appId: config.appId, userId: user.id, key, createdAt: user.get('createdAt') };
    this.#records = new EnrolmentRecords(runtime, this.#owner, this.#factor);
    this.account = new Account(runtime, request, user, session);
    const change: EnrolledContext<Enrolment>['change'] = async (work) =>
      (await changeRecord({ runtime, config, user, key }, work)) !== undefined;
    const token = session?.getSessionToken();
    const asking = token === undefined ? {} : { session: subjectOf('session', token) };
    const proven = { ...(request.primary && { primary: request.primary }), primaries: primariesOf(config, user, runtime) };
    this.context = { ...requestContext(key, runtime, request, user), user, ...asking, ...proven, change };
  }

  /** The configuration that the request runs with. */
  get config(): HookConfig {
    return this.#request.config;
  }

  /** What stands in `authData` for the factor, as it is stored. */
  get record(): unknown {
    return authDataOf(this.#user)[this.#owner.key] ?? undefined;
  }

  /**
   * The user's enrolment, or undefined when there is none.
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

  /** The enrolment as it is to be stored. */
  seal(enrolment: Enrolment, stored?: unknown): EnrolmentRecord {
    return this.#records.seal(enrolment, stored);
  }

  /** What a record that is stored keeps. @throws FactorError `unavailable` where it does not open */
  open(record: unknown): Enrolment {
    return this.#records.open(record).enrolment;
  }

  /**
   * Stages a change of the user's records, to be made by Parse Server's own write, with all that belongs to it.
   *
   * @param id where the record has one in the open
   * @returns what to hand Parse Server in the place of the record
   */
  stage(save: Omit<StagedSave, 'userId' | 'row' | 'answering'>, id?: string): EnrolmentRecord {
    const answer: StagedSave['answering'] = (work) => answering(this.context.emit, work);
    return RequestWrites.of(this.config).stage({ ...save, userId: this.#user.id, answering: answer }, id);
  }

  /** Stores what the session has confirmed; see {@link planToEnrol}. */
  planToEnrol(record: (stored: unknown) => EnrolmentRecord): RecordPlan {
    return planToEnrol(this.#runtime, this.#owner.key, authDataOf(this.#user), record);
  }

  /** A change that needs a second factor beside it; see {@link besideFactor}. */
  besideFactor(plan: RecordPlan): RecordPlan {
    return besideFactor(this.#runtime, plan);
  }

  /**
   * What the factor works with while its changes are staged: they are made with Parse Server's own write, and told of then.
   *
   * @returns the context, the plans that it has collected so far, and what tells of them
   */
  staging(): { readonly context: EnrolledContext<Enrolment>; readonly plans: RecordPlan[]; readonly tell: () => void } {
    const plans: RecordPlan[] = [];
    const occurrences: FactorOccurrence[] = [];
    const { key } = this.#owner;
    const change: EnrolledContext<Enrolment>['change'] = async (work) => {
      const decide = (stored: StoredRecords): RecordChanges => {
        const record = stored[key] ?? undefined;
        const changed = record === undefined ? undefined : work(this.open(record));
        return changed === undefined ? {} : { [key]: this.#records.seal(changed, record) };
      };
      if (Object.keys(decide({ [key]: this.record })).length === 0) return false;
      plans.push({ decide });
      return true;
    };
    const emit = (occurrence: FactorOccurrence): void => void occurrences.push(occurrence);
    const tell = (): void => occurrences.forEach((occurrence) => this.context.emit(occurrence));
    return { context: { ...this.context, change, emit }, plans, tell };
  }

  /** What the user sees of the enrolment. */
  show(factor: Factor<Enrolment>): Reply {
    const status = this.status(factor);
    return status['status'] === 'unreadable' ? { status: 'enabled' } : status;
  }

  /** Ends what waits for a user who has lost their factors: they have just answered one. */
  cancelRecovery(): Promise<void> {
    return cancelRecovery(this.#runtime, this.#request, async () => this.#user);
  }

  /** What is shown of the enrolment; `unreadable` where it does not open. */
  status(factor: Factor<Enrolment> | undefined): Reply {
    try {
      return { status: 'enabled', ...factor?.describe(this.enrolment.enrolment) };
    } catch {
      return { status: 'unreadable' };
    }
  }

  /** Removes all that the store holds of the user and the factor. */
  async forget(): Promise<void> {
    for (const subject of this.#subjects) await this.context.store.forget(subject);
  }

  /** Ends every lock; codes on their way stay good, and used ones stay used. */
  async pardon(): Promise<void> {
    const subjects = this.#subjects;
    const signIn = this.#factor?.signIn;
    // Whoever is found by his fields is guessed at by these, linked or not.
    const id = signIn?.find === undefined ? signIn?.idOf(this.enrolment.enrolment) : '';
    if (signIn !== undefined && id !== undefined) subjects.push(signIn.subject(this.context, id));
    for (const subject of subjects) await this.context.store.pardon(subject);
  }

  /** All that the factor is guessed at by, whatever the user has proven before. */
  get #subjects(): string[] {
    const logins = (this.context.primaries ?? []).map((primary) => guessSubject({ ...this.context, primary }, 'sign-in'));
    const own = PURPOSES.map((purpose) => factorSubject(this.context, purpose));
    return [...new Set([...own, ...otherSubjects(this.context, 'sign-in'), ...logins])];
  }

  get #factor(): Factor<Enrolment> | undefined {
    return this.#runtime.factors[this.#owner.key] as Factor<Enrolment> | undefined;
  }
}
