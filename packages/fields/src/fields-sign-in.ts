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

/** What is kept about a user. */
export interface FieldsEnrolment {
  /** The id by which Parse Server finds the user: a keyed digest, which says nothing. */
  readonly id: string;
}

/** What the sign-in goes by. */
export interface FieldsRules {
  readonly find: ResolvedFind;
  readonly match: readonly ResolvedField[];
  readonly limits: AttemptLimits;
  /** Whether only users who have set up a second factor are let in. */
  readonly needsSecondFactor: boolean;
  readonly maxAsksPerIp: number;
}

/** What came of one look-up. */
interface LookedUp {
  readonly appId: string;
  readonly key: string;
  readonly subject: string;
  /** The user whose fields they were; undefined for nobody. */
  readonly user: FactorUser | undefined;
  /** What happened, to be told once it is known who asked. */
  readonly told: readonly FactorOccurrence[];
}

const TOKEN: FieldRule = { maxLength: 200, pattern: /^[\w.-]+$/, accepts: 'left out' };
const FACTOR: FieldRule = { maxLength: 64, pattern: /^[A-Za-z]\w*$/, accepts: 'the key of a factor' };
/** Whose fields are read where there is nobody, so that it takes the same steps. */
const NOBODY: FactorUser = { id: '', get: () => 'nobody' };
const ASKS_WINDOW_MS = 10 * 60_000;
const NOT_LOOKED_UP = 'Log in with these fields by themselves: without a user name, a password or an id.';

/** What a look-up leaves in the place of the fields. */
export interface TicketAnswer {
  readonly id: string;
  readonly ticket: string;
}

/** Signing in by fields of the user object. */
export class FieldsSignIn implements PrimarySignIn<FieldsEnrolment, TicketAnswer> {
  readonly signUp = false;
  readonly needsSecondFactor: boolean;
  readonly identity: PrimaryIdentity<FieldsEnrolment>;
  readonly #rules: FieldsRules;
  readonly #tickets = new Tickets<LookedUp>();

  constructor(rules: FieldsRules) {
    this.#rules = rules;
    this.needsSecondFactor = rules.needsSecondFactor;
    this.identity = {
      idOf: ({ id }) => id,
      enrolmentOf: (id) => ({ id }),
      acceptsUnsealedId: () => false,
      // What is guessed at is the field that identifies a user, whether a user has it or not; an administrator names the user.
      subject: (context: RequestContext & { readonly user?: FactorUser }, id) =>
        this.#subject(context, context.user === undefined ? id : (normaliseStored(rules.find, context.user) ?? '')),
    };
  }

  /** Has a second factor challenged, for whoever is right; the answer is the same for everybody. */
  async begin(context: RequestContext, payload: unknown, users: SignInUsers): Promise<Reply> {
    const { factor = '', ...texts } = this.#read(payload, { factor: FACTOR });
    if (!users.secondFactors.includes(factor)) {
      throw new FactorError('invalid_input', { sentence: `Field "factor" must be ${FACTOR.accepts}.` });
    }
    await this.#countAsk(context);
    const { user, subject, told } = await this.#attempt(context, texts, users);
    for (const occurrence of told) context.emit(occurrence);
    const send = async (to: FactorUser): Promise<void> => {
      if (await users.challenge(to, factor)) await context.store.pardon(subject);
    };
    // Nobody waits for what happens for some and not for others.
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
   * What the look-up has found out, which can be asked for once.
   *
   * @param enrolment that of the user whom Parse Server has found by it
   * @returns takes the failures back, and tells of it
   * @throws FactorError `code_rejected`, `invalid_input` for what was not looked up
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
    for (const occurrence of attempt.told) context.emit(occurrence);
    const { user, subject } = attempt;
    if (user === undefined) throw new FactorError('code_rejected');
    if (enrolment?.id !== id || context.user?.id !== user.id) {
      // Right, and not let in: without a second factor, for example, or from somebody else's session.
      context.emit({ type: 'rejected', userId: user.id, purpose: 'sign-in', reason: 'enrolment_required' });
      throw new FactorError('code_rejected');
    }
    return async (purpose) => {
      await context.store.pardon(subject);
      context.emit({ type: 'verified', purpose });
    };
  }

  /** By address and for everybody alike; what goes out does not count there. @throws FactorError `cooldown` */
  async #countAsk({ ip, appId, key, keyring, store }: RequestContext): Promise<void> {
    if (ip === undefined) return;
    const bucket = subjectOf('fields-asks', appId, key, keyring.stableDigest('ip', networkOf(ip)));
    const asks = await store.count(bucket, { limit: this.#rules.maxAsksPerIp, windowMs: ASKS_WINDOW_MS });
    if (!asks.allowed) throw new FactorError('cooldown', { retryAt: asks.retryAt });
  }

  /** Counts the attempt before anything is looked up or compared; then all kinds of users take the same steps. */
  async #attempt(context: RequestContext, texts: Readonly<Record<string, string>>, users: SignInUsers): Promise<LookedUp> {
    const { find, limits } = this.#rules;
    const { appId, key } = context;
    const told: FactorOccurrence[] = [];
    const identifier = texts[find.name] ?? '';
    const subject = this.#subject(context, identifier);
    const guess = await unlessLocked(() =>
      beginAttempt({ ...context, emit: (occurrence) => void told.push(occurrence) }, subject, 'sign-in', limits),
    );
    const found = await users.find({ [find.name]: find.toStored(identifier) });
    const only = found.length === 1 ? found[0] : undefined;
    // A database may take other texts for the same value; each would have a count of its own.
    const named = only !== undefined && normaliseStored(find, only) === identifier ? only : undefined;
    const isRight = this.#matches(context, texts, named);
    if (guess !== undefined && !isRight) guess.reject('code_rejected');
    const user = guess !== undefined && isRight ? named : undefined;
    return { appId, key, subject, user, told: told.map((occurrence) => ({ ...occurrence, userId: named?.id })) };
  }

  /** Every field is compared, in constant time, whatever the others are; with nobody's, where there is nobody. */
  #matches(
    { keyring, appId, key }: RequestContext,
    texts: Readonly<Record<string, string>>,
    user: FactorUser | undefined,
  ): boolean {
    const matches = this.#rules.match.map((field) => {
      const { name } = field;
      const stored = normaliseStored(field, user ?? NOBODY);
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

/** @throws FactorError `invalid_input` for what no look-up has made */
export function readTicket(payload: unknown): TicketAnswer {
  try {
    return readFields(payload, { id: TOKEN, ticket: TOKEN });
  } catch {
    throw new FactorError('invalid_input', { sentence: NOT_LOOKED_UP });
  }
}

/** Whoever is locked out is not told so, and takes the same steps. */
async function unlessLocked(begin: () => Promise<Attempt>): Promise<Attempt | undefined> {
  try {
    return await begin();
  } catch (error) {
    if (error instanceof FactorError && error.code === 'locked') return undefined;
    throw error;
  }
}
