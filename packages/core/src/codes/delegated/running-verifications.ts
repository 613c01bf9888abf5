import { subjectOf } from '../../crypto/subject.js';
import { FactorError } from '../../error/factor-error.js';
import { countAttempt } from '../../factor/attempt.js';
import type { RequestContext } from '../../factor/context.js';
import type { LiveCode, SendLimits } from '../../store/otp-store.js';
import { type Bound, boundTo, type CodeBinding } from '../code-binding.js';

/** A verification that runs at the provider, and the live code that stands for it. */
export interface Running {
  /** The subject whose live code it is. */
  readonly subject: string;
  readonly binding: Bound;
  /** The provider's id. */
  readonly id: string;
  /** The live code. */
  readonly live: LiveCode;
  /** Whether a user with a proven primary factor, or with a session, has started it. */
  readonly isProven: boolean;
}

/** What is kept, sealed, about the verification of a subject. */
interface Kept {
  readonly id: string;
  readonly digest: string;
  readonly expiresAt: number;
  /** A digest of the purpose, address and authenticator. */
  readonly to: string;
  readonly isProven: boolean;
}

const NO_LIMITS: SendLimits = { cooldownMs: 0, quotas: [] };

/**
 * Remembers which verification of a provider a live code stands for. All of it is in the store, as live codes of subjects that
 * have no attempts and no limits of their own:
 *
 * - for the subject of the live code: the provider's id, sealed
 * - for the provider's id: the subject that started the verification last. Providers that already run a verification for an
 *   address return its id again. A code then verifies only what was started last, for one user and one purpose. Those who have
 *   proven something have a place of their own, which no one else writes to
 * - for a live code: the digest of the code that the provider has verified
 */
export class RunningVerifications {
  readonly #verifier: string;

  /** @param verifier the name of the verifier, whose ids are unique */
  constructor(verifier: string) {
    this.#verifier = verifier;
  }

  /**
   * Tells whether a verification that runs at the provider may become this one, or end for it. What anyone can start, such as
   * an enrolment of any address, never disturbs a user with a proven primary factor or a session (denial of service).
   */
  async mayTake(context: RequestContext, binding: CodeBinding, id: string): Promise<boolean> {
    return isProvenStart(binding) || this.#isFree(context, id);
  }

  /**
   * Remembers a verification that the provider has started.
   *
   * @throws FactorError `cooldown` if it belongs to another subject, from which it is not taken
   */
  async add(
    context: RequestContext,
    binding: CodeBinding,
    { id, live }: { readonly id: string; readonly live: LiveCode },
  ): Promise<void> {
    const { store, keyring } = context;
    const { subject, purpose } = binding;
    const { digest, expiresAt } = live;
    if (!(await this.mayTake(context, binding, id))) throw new FactorError('cooldown', { retryAt: expiresAt });
    const isProven = isProvenStart(binding);
    const owner = ownerOf(context, { subject, binding });
    await store.issue(this.#ownedAt(context, { id, isProven }), { digest: owner, expiresAt }, NO_LIMITS);
    const to = keyring.digest('verification', subject, purpose, ...boundTo(binding));
    const kept: Kept = { id, digest, expiresAt, to, isProven };
    const sealed = keyring.seal(JSON.stringify(kept), 'verification', subject);
    await store.issue(keptAt(subject), { digest: sealed, expiresAt }, NO_LIMITS);
  }

  /**
   * Finds the verification of a subject.
   *
   * @param bindings what it may be bound to
   * @param digest of the live code; undefined if any will do
   * @returns undefined if there is none, or if another subject has started it since
   */
  async find(
    context: RequestContext,
    subject: string,
    bindings: readonly Bound[],
    digest?: string,
  ): Promise<Running | undefined> {
    const kept = await read(context, subject);
    if (kept === undefined || (digest !== undefined && kept.digest !== digest)) return undefined;
    const { id, to, expiresAt, isProven } = kept;
    const isIts = (each: Bound): boolean => context.keyring.matches(to, 'verification', subject, each.purpose, ...boundTo(each));
    const binding = bindings.find(isIts);
    if (binding === undefined) return undefined;
    const running = { subject, binding, id, live: { digest: kept.digest, expiresAt }, isProven };
    const owner = await peek(context, this.#ownedAt(context, running));
    return owner === ownerOf(context, running) && (isProven || (await this.#isFree(context, id))) ? running : undefined;
  }

  /** Finds a verification that was started with another primary factor. */
  async findOther(context: RequestContext, bindings: readonly Bound[]): Promise<Running | undefined> {
    for (const other of new Set(bindings.flatMap(({ others = [] }) => others))) {
      const running = await this.find(context, other, bindings);
      if (running !== undefined) return running;
    }
    return undefined;
  }

  /** Uses up the live code, for exactly one caller, unless another subject has started the verification meanwhile. */
  async consume(context: RequestContext, running: Running): Promise<boolean> {
    const { store } = context;
    const { subject, id, live, isProven } = running;
    if (!isProven && !(await this.#isFree(context, id))) return false;
    const isOwn = await store.consume(this.#ownedAt(context, running), ownerOf(context, running));
    return isOwn && store.consume(subject, live.digest);
  }

  /** Remembers the code that the provider has verified. */
  async approve({ store, keyring }: RequestContext, { subject, live }: Running, code: string): Promise<void> {
    const { digest, expiresAt } = live;
    await store.issue(approvedAt(digest), { digest: keyring.digest('verified', subject, digest, code), expiresAt }, NO_LIMITS);
  }

  /** Tells whether the provider has verified this code; undefined if it has verified none. */
  async isApproved(context: RequestContext, { subject, live }: Running, code: string): Promise<boolean | undefined> {
    const approved = await peek(context, approvedAt(live.digest));
    return approved === undefined ? undefined : context.keyring.matches(approved, 'verified', subject, live.digest, code);
  }

  /** Whether no one who has proven something runs the verification. */
  async #isFree(context: RequestContext, id: string): Promise<boolean> {
    return (await peek(context, this.#ownedAt(context, { id, isProven: true }))) === undefined;
  }

  #ownedAt({ appId, keyring }: RequestContext, { id, isProven }: Pick<Running, 'id' | 'isProven'>): string {
    const place = isProven ? 'verification-proven-owner' : 'verification-owner';
    return subjectOf(place, appId, this.#verifier, keyring.stableDigest('verification', id));
  }
}

const keptAt = (subject: string): string => subjectOf('verification', subject);
const approvedAt = (digest: string): string => subjectOf('verified', digest);

/** Whether only the user can start it: after a primary factor, or in a session, for an address that they have confirmed. */
const isProvenStart = ({ user, purpose }: CodeBinding): boolean =>
  user !== undefined && (purpose === 'sign-in' || purpose === 'fresh-proof');

/** Names who has started a verification. */
const ownerOf = ({ keyring }: RequestContext, { subject, binding }: Pick<Running, 'subject' | 'binding'>): string =>
  keyring.stableDigest('verification-owner', subject, ...boundTo(binding));

/** Reads what is live at a subject that has no attempts. No verb of the store only reads; this one counts without a limit. */
const peek = ({ store }: RequestContext, subject: string): Promise<string | undefined> =>
  countAttempt(store, subject, Number.MAX_SAFE_INTEGER);

/** @throws FactorError `unavailable` if it does not open */
async function read(context: RequestContext, subject: string): Promise<Kept | undefined> {
  const sealed = await peek(context, keptAt(subject));
  return sealed === undefined ? undefined : (JSON.parse(context.keyring.open(sealed, 'verification', subject).plaintext) as Kept);
}
