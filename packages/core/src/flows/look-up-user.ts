import { EnrolmentRecords } from '../account/enrolment-sealer.js';
import { secondFactors, storedAmong } from '../account/factor-roles.js';
import { drawBytes } from '../crypto/random.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { FactorUser } from '../factor/context.js';
import type { SignIn } from '../factor/primary-sign-in.js';
import { answering } from '../parse/parse-errors.js';
import type { HookConfig } from '../parse/parse-types.js';
import { authDataOf, fetchUser, replaceRecord } from '../parse/parse-user.js';
import { withinTime } from '../time/timeout.js';
import { asObject, sameStrings } from '../validation/json-object.js';
import { requestContext } from './factor-context.js';
import { STATUS_ENABLED } from './factor-enrolment.js';
import type { FactorRuntime } from './runtime.js';
import { signInUsers } from './sign-in-users.js';

const ID_BYTES = 32;
/** A transaction of a batch may hold the user's row, and wait for this very answer. */
const LINK_MS = 3000;

/**
 * Puts an id in a payload that was sent without one: Parse Server finds users by ids alone. It does so
 * before any hook of an adapter runs, and says nothing of the request.
 */
export class UserFinder<Enrolment extends object> {
  readonly #key: string;
  readonly #signIn: SignIn<Enrolment>;
  readonly #runtime: FactorRuntime;

  constructor(key: string, signIn: SignIn<Enrolment>, runtime: FactorRuntime) {
    this.#key = key;
    this.#signIn = signIn;
    this.#runtime = runtime;
  }

  /**
   * Changes the payload: what was sent is gone from it, so that nobody behind sees, stores or logs it.
   *
   * @param config that of the server; undefined where it is not known
   */
  find(payload: unknown, config: HookConfig | undefined): Promise<void> {
    // SDKs send back what they were shown; that means nobody. Nor does what unlinks, for which Parse Server 8 asks too.
    if ((payload ?? undefined) === undefined || sameStrings(payload, STATUS_ENABLED)) return Promise.resolve();
    const emit = config === undefined ? () => undefined : emitter(this.#key, this.#runtime, { config }, undefined);
    return answering(emit, async () => {
      if (config === undefined || this.#signIn.find === undefined) throw new FactorError('unavailable');
      const context = requestContext(this.#key, this.#runtime, { config });
      const given = asObject(payload) === undefined ? payload : { ...asObject(payload) };
      const { user, ticket } = await this.#signIn.find(context, given, signInUsers(this.#key, this.#runtime, { config }));
      const id = user !== undefined && this.#maySignIn(user) ? await this.#idOf(user, config) : this.#nobodysId();
      const target = payload as Record<string, unknown>;
      for (const name of Object.keys(target)) delete target[name];
      Object.assign(target, { id, ticket });
    });
  }

  #nobodysId(): string {
    return drawBytes(this.#runtime.random, ID_BYTES).toString('base64url');
  }

  /** Whoever lacks what he needs beside it is not even found. */
  #maySignIn(user: FactorUser): boolean {
    return this.#signIn.alone !== false || storedAmong(authDataOf(user), secondFactors(this.#runtime)).length > 0;
  }

  /** The id that is stored of the user; the first time it is made, and stored. */
  async #idOf(user: FactorUser, config: HookConfig): Promise<string> {
    const { keyring } = this.#runtime;
    const owner = { appId: config.appId, userId: user.id, key: this.#key };
    const records = new EnrolmentRecords(this.#runtime, owner, { signIn: this.#signIn });
    const stored = authDataOf(user)[this.#key] ?? undefined;
    if (stored !== undefined) return this.#signIn.idOf(records.open(stored).enrolment);
    const id = keyring.nameOf('found user', config.appId, this.#key, user.id);
    let isFirst = false;
    await withinTime(LINK_MS, async () => {
      isFirst = await replaceRecord(config, owner, undefined, records.seal(this.#signIn.enrolmentOf(id)));
    });
    return isFirst ? id : this.#idOf(await fetchUser(config, user.id), config);
  }
}
