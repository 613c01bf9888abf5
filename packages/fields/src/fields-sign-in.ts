import { FactorError } from '@parse-factors/core';
import {
  beginAttempt,
  networkOf,
  readFields,
  subjectOf,
  type FactorOccurrence,
  type FactorUser,
  type FieldRule,
  type FoundUser,
  type Attempt,
  type IdentifiedUser,
  type PrimaryIdentity,
  type PrimarySignIn,
  type Purpose,
  type Reply,
  type RequestContext,
  type SignInUsers,
  type VerifiedCredential,
} from '@parse-factors/core/factor';
import type { AttemptLimits } from '@parse-factors/core/store';
import { normaliseSent, normaliseStored, type ResolvedField, type ResolvedFind } from './field.js';
import { Tickets } from './tickets.js';

/** What the factor stores about a user. */
export interface FieldsEnrolment {
  /** The id by which Parse Server finds the user: a keyed digest that reveals nothing about the fields. */
  readonly id: string;
}

/** The rules of the sign-in. */
export interface FieldsRules {
  readonly find: ResolvedFind;
  readonly match: readonly ResolvedField[];
  readonly limits: AttemptLimits;
  /** Whether only users with a second factor are let in. */
  readonly needsSecondFactor: boolean;
  readonly maxAsksPerIp: number;
}

/** The result of one look-up. */
interface LookUpResult {
  readonly appId: string;
  readonly key: string;
  readonly subject: string;
  /** The user that the fields identify; undefined if there is none. */
  readonly user: FactorUser | undefined;
  /** Events that are emitted once the user is known. */
  readonly events: readonly FactorOccurrence[];
}

const TOKEN: FieldRule = { maxLength: 200, pattern: /^[\w.-]+$/, accepts: 'left out' };
const FACTOR: FieldRule = { maxLength: 64, pattern: /^[A-Za-z]\w*$/, accepts: 'the key of a factor' };
/** A dummy user that is compared if no user was found, so that both cases take the same steps (user enumeration, CWE-204). */
const DUMMY_USER: FactorUser = { id: '', get: () => 'unknown' };
const ASKS_WINDOW_MS = 10 * 60_000;
const NOT_LOOKED_UP = 'Send only these fields, without a user name, a password or an id.';

/** The credential that replaces the fields after a look-up. */
export interface TicketAnswer {
  readonly id: string;
  readonly ticket: string;
}

/** Signs a user in by fields of the user object. */
export class FieldsSignIn implements PrimarySignIn<FieldsEnrolment, TicketAnswer> {
  readonly signUp = false;
  readonly needsSecondFactor: boolean;
  readonly identity: PrimaryIdentity<FieldsEnrolment>;
  readonly #rules: FieldsRules;
  readonly #tickets = new Tickets<LookUpResult>();

  constructor(rules: FieldsRules) {
    this.#rules = rules;
    this.needsSecondFactor = rules.needsSecondFactor;
    this.identity = {
      idOf: ({ id }) => id,
      enrolmentOf: (id) => ({ id }),
      acceptsUnsealedId: () => false,
      // Attempts are counted by the value of the identifying field, whether or not a user has it. Administrators name the user
      // instead.
      subject: (context: RequestContext & { readonly user?: FactorUser }, id) =>
        this.#subject(context, context.user === undefined ? id : (normaliseStored(rules.find, context.user) ?? '')),
    };
  }

  /**
   * Sends a second factor's challenge if the fields are correct. The reply is the same for everyone (user enumeration,
   * CWE-204).
   */
  async begin(context: RequestContext, payload: unknown, users: SignInUsers): Promise<Reply> {
    const { factor = '', ...texts } = this.#read(payload, { factor: FACTOR });
    if (!users.secondFactors.includes(factor)) {
      throw new FactorError('invalid_input', { sentence: `Field "factor" must be ${FACTOR.accepts}.` });
    }
    await users.assertChecked(factor);
    await this.#countAsk(context);
    const { user, subject, events } = await this.#attempt(context, texts, users);
    for (const occurrence of events) context.emit(occurrence);
    const send = async (to: FactorUser): Promise<void> => {
      if (await users.challenge(to, factor)) await context.store.pardon(subject);
    };
    // The reply does not wait for the challenge: the duration would reveal whether the fields are correct.
    if (user !== undefined) context.later(send(user));
    return { status: 'sent' };
  }

  read(payload: unknown): TicketAnswer {
    return readTicket(payload);
  }

  async lookUp(context: RequestContext, payload: unknown, users: SignInUsers): Promise<FoundUser> {
    const attempt = await this.#attempt(context, this.#read(payload), users);
    return { user: attempt.user, ticket: this.#tickets.issue(attempt, context) };
  }

  async verify(
    context: RequestContext,
    answer: TicketAnswer,
    found: IdentifiedUser<FieldsEnrolment> | undefined,
  ): Promise<VerifiedCredential> {
    const enrolment = found?.enrolment;
    const consume = this.redeem(found?.context ?? context, answer, enrolment);
    return { id: enrolment?.id ?? '', consume: () => consume('sign-in') };
  }

  /**
   * Takes the result of a look-up. Each ticket works once.
   * @param enrolment the enrolment of the user that Parse Server found by the look-up's id
   * @returns a function that clears failures and emits `verified`
   * @throws FactorError `code_rejected`; `invalid_input` if there was no look-up
   */
  redeem(
    context: RequestContext & { readonly user?: FactorUser },
    { id, ticket }: TicketAnswer,
    enrolment: FieldsEnrolment | undefined,
  ): (purpose: Purpose) => Promise<void> {
    const attempt = this.#tickets.take(ticket, context.clock);
    if (attempt === undefined || attempt.appId !== context.appId || attempt.key !== context.key) {
      throw new FactorError('invalid_input', { sentence: NOT_LOOKED_UP });
    }
    for (const occurrence of attempt.events) context.emit(occurrence);
    const { user, subject } = attempt;
    if (user === undefined) throw new FactorError('code_rejected');
    if (enrolment?.id !== id || context.user?.id !== user.id) {
      // The fields are correct but the user is not let in, for example without a second factor or from another user's session.
      context.emit({ type: 'rejected', userId: user.id, purpose: 'sign-in', reason: 'enrolment_required' });
      throw new FactorError('code_rejected');
    }
    return async (purpose) => {
      await context.store.pardon(subject);
      context.emit({ type: 'verified', purpose });
    };
  }

  /** Counts a request per IP address, over all users. Sent messages are limited elsewhere. @throws FactorError `cooldown` */
  async #countAsk({ ip, appId, key, keyring, store }: RequestContext): Promise<void> {
    if (ip === undefined) return;
    const bucket = subjectOf('fields-asks', appId, key, keyring.stableDigest('ip', networkOf(ip)));
    const asks = await store.count(bucket, { limit: this.#rules.maxAsksPerIp, windowMs: ASKS_WINDOW_MS });
    if (!asks.allowed) throw new FactorError('cooldown', { retryAt: asks.retryAt });
  }

  /** Counts the attempt before it looks up or compares anything. The steps are the same for all users afterwards. */
  async #attempt(context: RequestContext, texts: Readonly<Record<string, string>>, users: SignInUsers): Promise<LookUpResult> {
    const { find, limits } = this.#rules;
    const { appId, key } = context;
    const events: FactorOccurrence[] = [];
    const identifier = texts[find.name] ?? '';
    const subject = this.#subject(context, identifier);
    const counted = await unlessLocked(() =>
      beginAttempt({ ...context, emit: (occurrence) => void events.push(occurrence) }, subject, 'sign-in', limits),
    );
    const found = await users.find({ [find.name]: find.toStored(identifier) });
    const only = found.length === 1 ? found[0] : undefined;
    // A database may match several texts to one value. Each text would have its own attempt count, so only the stored form is
    // accepted.
    const named = only !== undefined && normaliseStored(find, only) === identifier ? only : undefined;
    const isCorrect = this.#matches(context, texts, named);
    if (counted !== undefined && !isCorrect) counted.reject('code_rejected');
    const user = counted !== undefined && isCorrect ? named : undefined;
    return { appId, key, subject, user, events: events.map((occurrence) => ({ ...occurrence, userId: named?.id })) };
  }

  /** Compares every field in constant time, also after a mismatch. Without a user it compares with a dummy. */
  #matches(
    { keyring, appId, key }: RequestContext,
    texts: Readonly<Record<string, string>>,
    user: FactorUser | undefined,
  ): boolean {
    const matches = this.#rules.match.map((field) => {
      const { name } = field;
      const stored = normaliseStored(field, user ?? DUMMY_USER);
      const digest = keyring.digest('field', appId, key, name, stored ?? '');
      return keyring.matches(digest, 'field', appId, key, name, texts[name] ?? '') && stored !== undefined;
    });
    return user !== undefined && !matches.includes(false);
  }

  /** @throws FactorError `invalid_input` */
  #read(payload: unknown, more: Readonly<Record<string, FieldRule>> = {}): Record<string, string> {
    const fields = [this.#rules.find, ...this.#rules.match];
    const sent = readFields(payload, { ...Object.fromEntries(fields.map((field) => [field.name, field])), ...more });
    return { ...sent, ...Object.fromEntries(fields.map((field) => [field.name, normaliseSent(field, sent[field.name] ?? '')])) };
  }

  #subject({ appId, key, keyring }: RequestContext, text: string): string {
    return subjectOf('fields', appId, key, keyring.stableDigest('field', text));
  }
}

/** @throws FactorError `invalid_input` if there was no look-up */
export function readTicket(payload: unknown): TicketAnswer {
  try {
    return readFields(payload, { id: TOKEN, ticket: TOKEN });
  } catch {
    throw new FactorError('invalid_input', { sentence: NOT_LOOKED_UP });
  }
}

/** Hides a lock: a locked-out user gets the same reply after the same steps as for wrong fields. */
async function unlessLocked(begin: () => Promise<Attempt>): Promise<Attempt | undefined> {
  try {
    return await begin();
  } catch (error) {
    if (error instanceof FactorError && error.code === 'locked') return undefined;
    throw error;
  }
}
