import type { LoginReplies } from '../account/ports.js';
import type { StoredRecords } from '../account/records/record-plan.js';
import { asObject } from '../validation/json-object.js';
import type { HookConfig, HookRequest, ProviderOutcome, ProviderValidator } from './parse-types.js';

/** Parse Server's reply to a login by `authData`, which is still being built. */
interface LoginReply {
  authData?: unknown;
}

/** Gives what a reply shows of providers, in place of what it holds. */
type Shown = (providers: StoredRecords) => StoredRecords;

/** What Parse Server passes to a validator. For a login by `authData` it holds the reply. */
interface ValidatorCaller {
  readonly response?: { readonly response?: LoginReply };
}

/**
 * Runs each provider's own check once for a request, whether Parse Server or a factor asks first: a token may be valid once.
 *
 * It also keeps the replies to logins, in which Parse Server would echo what was sent.
 */
export class ProviderChecks {
  static readonly #all = new WeakMap<HookConfig, ProviderChecks>();
  readonly #outcomes = new WeakMap<HookRequest, Map<string, Promise<ProviderOutcome>>>();
  readonly #replies = new Map<string, Set<LoginReply>>();
  readonly #hidden = new Map<string, Map<object, Shown>>();
  readonly #real: HookConfig['authDataManager'];

  private constructor(config: HookConfig) {
    const real = config.authDataManager;
    this.#real = real;
    const getValidatorForProvider: HookConfig['authDataManager']['getValidatorForProvider'] = (provider) => {
      const found = real.getValidatorForProvider(provider);
      const { validator } = found ?? {};
      if (found === undefined || validator === undefined) return found;
      return { ...found, validator: (...args) => this.#once(provider, validator, args) };
    };
    Object.assign(config, { authDataManager: { ...real, getValidatorForProvider } });
  }

  /** Puts the checks in front of Parse Server's own, for the HTTP request that the configuration was made for. */
  static intercept(config: HookConfig): void {
    ProviderChecks.of(config);
  }

  /** Returns the checks of an HTTP request, which {@link intercept} has put in place. */
  static of(config: HookConfig): ProviderChecks {
    const checks = ProviderChecks.#all.get(config) ?? new ProviderChecks(config);
    ProviderChecks.#all.set(config, checks);
    return checks;
  }

  /**
   * Runs a provider's own check, unless this request has already run it.
   *
   * @returns false when there is no such provider
   */
  async run(provider: string, payload: unknown, request: HookRequest): Promise<boolean> {
    const { validator } = this.#real.getValidatorForProvider(provider) ?? {};
    if (validator === undefined) return false;
    const auth = { user: request.user, isMaster: request.master === true };
    const outcome = await this.#once(provider, validator, [payload, { auth }, request.original, request]);
    await outcome?.validator?.();
    return true;
  }

  /** The replies to logins by `authData` that are still being built. */
  get replies(): LoginReplies {
    return {
      hide: (userId, set, shown) => void this.#hidden.set(userId, new Map(this.#hidden.get(userId)).set(set, shown)),
      count: (userId) => this.#replies.get(userId)?.size ?? 0,
      show: (userId, shown) => {
        for (const reply of this.#replies.get(userId) ?? []) reply.authData = shown(asObject(reply.authData) ?? {});
      },
    };
  }

  #once(provider: string, validator: ProviderValidator, args: Parameters<ProviderValidator>): Promise<ProviderOutcome> {
    const [, caller, , request] = args;
    this.#noteReply(caller, request);
    const outcomes = this.#outcomes.get(request) ?? new Map<string, Promise<ProviderOutcome>>();
    this.#outcomes.set(request, outcomes);
    const outcome = outcomes.get(provider) ?? validator(...args).then(remembered);
    outcomes.set(provider, outcome);
    return outcome;
  }

  #noteReply(caller: object, { original }: HookRequest): void {
    const reply = (caller as ValidatorCaller).response?.response;
    if (asObject(reply) === undefined || reply === undefined || original?.id === undefined) return;
    const replies = this.#replies.get(original.id) ?? new Set();
    if (!replies.has(reply)) this.#hide(original.id, reply);
    this.#replies.set(original.id, replies.add(reply));
  }

  /** Hides when the reply is sent: Parse Server goes on writing into it, and may open no session. */
  #hide(userId: string, { authData }: LoginReply): void {
    const hidden = [...(this.#hidden.get(userId)?.values() ?? [])];
    if (hidden.length === 0 || asObject(authData) === undefined) return;
    const toJSON = (): StoredRecords =>
      hidden.reduce<StoredRecords>((providers, shown) => shown(providers), { ...asObject(authData) });
    Object.defineProperty(authData, 'toJSON', { value: toJSON });
  }
}

/** Makes the second half of a check run once as well. */
function remembered(outcome: ProviderOutcome): ProviderOutcome {
  const { validator } = outcome ?? {};
  if (validator === undefined) return outcome;
  let result: Promise<unknown> | undefined;
  return { ...outcome, validator: () => (result ??= Promise.resolve(validator())) };
}
