import { addressId, type SignInAddress } from './address-id.js';
import { FactorClientError } from './factor-client-error.js';
import { keepStatus, shownOf } from './local-user.js';
import type { LoginResult } from './login-result.js';
import { logIn, type Login } from './login.js';
import type { ParseSdk, SdkUser } from './parse-sdk.js';
import { asFields, sendChallenge, sender, type Answers, type Payload, type Reply } from './wire.js';

/** Options of {@link createFactorClient}. */
export interface FactorClientOptions<User> {
  /** Whose factors are managed; by default the SDK's current user, asked for each time. On a server there is none. */
  readonly user?: User;
  /** Whether a login that needs factors asks where their codes go, in one more request. Default: true. */
  readonly showDestinations?: boolean;
}

/** Who signs in with a code alone: an address in any spelling, or the `id` that the server has replied for it. */
export type SignInName = SignInAddress | { readonly id: string };

/** Signs in with a code alone. */
export interface Passwordless<User> {
  /**
   * Sends a code; the reply is the same whether anybody has that address.
   *
   * @param key the factor's key, such as `emailLogin`
   * @param payload the address in any spelling; `true` for a passkey
   * @throws FactorClientError `cooldown`, `address_refused`, `invalid_input`, `delivery_failed`
   */
  start(key: string, payload: SignInAddress | true): Promise<Reply>;

  /**
   * Signs up or logs in with the code.
   *
   * @param answer the code, and the address as it was given to `start`; or the `id` that `start` was answered with
   * @param answers second factors, where the user is known to have some
   * @throws FactorClientError `code_rejected` whatever is wrong, `invalid_input`
   */
  finish(key: string, answer: SignInName & { readonly code: string }, answers?: Answers): Promise<LoginResult<User>>;
}

/**
 * The factors of a Parse Server app. Requests go the way of the SDK; what is typed in or handed out
 * once (codes, secrets, recovery codes, tokens) is never left with its user, nor in its storage.
 *
 * Every method throws {@link FactorClientError} for what a factor answers, and what the SDK throws otherwise.
 */
export interface FactorClient<User> {
  /**
   * Logs in with a password.
   *
   * @param username the name, or the e-mail address
   * @param answers factors to answer at once, such as a trusted device: `{ device: { token } }`
   */
  logIn(username: string, password: string, answers?: Answers): Promise<LoginResult<User>>;

  /** Logs in, or signs up, with another provider: `{ google: { id, id_token } }`. */
  logInWith(authData: Readonly<Record<string, object>>, answers?: Answers): Promise<LoginResult<User>>;

  readonly passwordless: Passwordless<User>;

  /** Asks for a code for the current user, to prove himself again. */
  challenge(key: string, payload?: Payload): Promise<Reply>;

  /**
   * Begins to set a factor up, or another one in its place: `{ phone }`, `{ email }`, or nothing for an authenticator.
   *
   * @throws FactorClientError `fresh_proof_required`, `already_enrolled`, `address_refused`, `cooldown`, `delivery_failed`
   */
  enrol(key: string, payload?: Payload): Promise<Reply>;

  /**
   * Confirms what was begun: `{ phone, code }`, `{ email, code }`, or an authenticator's code. The session is fresh then.
   *
   * @throws FactorClientError `code_rejected`, `code_expired`, `locked`, `fresh_proof_required`
   */
  confirm(key: string, answer: Payload): Promise<Reply>;

  /**
   * Proves again: the session is fresh until then. In a session that a recovery code has opened, another one is a proof too.
   *
   * @throws FactorClientError `code_rejected`, `code_expired`, `locked`; `fresh_proof_required`, with `retryAt`, where recovery
   *   codes change factors only after a wait, which has begun
   */
  freshen(key: string, answer: Payload): Promise<{ readonly freshUntil: Date }>;

  /** Removes a factor, or all passkeys. @throws FactorClientError `fresh_proof_required` */
  remove(key: string): Promise<void>;

  /** Makes recovery codes; older ones end. @throws FactorClientError `fresh_proof_required` */
  recoveryCodes(key?: string): Promise<readonly string[]>;

  /**
   * Trusts this device.
   *
   * @returns the token to give at the next login, as `{ device: { token } }`. Store it where no script of others reads
   * @throws FactorClientError `fresh_proof_required` where the session was not just opened with a factor
   */
  trustDevice(name: string, key?: string): Promise<string>;

  /** Ends the trust in one device, or in `all`. */
  distrustDevice(id: string, key?: string): Promise<void>;

  /** What the current user has set up, by key, as the server shows it to them: one request, to a server with the guard installed. */
  enrolled(): Promise<Readonly<Record<string, Reply>>>;
}

/**
 * A client for the factors of one app.
 *
 * @param sdk the application's own Parse JS SDK, of any build
 */
export function createFactorClient<User extends SdkUser>(
  sdk: ParseSdk<User>,
  options: FactorClientOptions<User> = {},
): FactorClient<User> {
  const { showDestinations = true } = options;
  const send = sender(sdk);
  const login = { sdk, send, isShowing: showDestinations };

  const owner = async () => {
    const user = options.user ?? (await sdk.User.currentAsync());
    const token = user?.getSessionToken();
    if (!user?.id || !token) throw new FactorClientError('session_required', 'session_required: Log in first.');
    return { user, token, path: `users/${user.id}` };
  };
  const challenge = async (key: string, payload: Payload = true): Promise<Reply> =>
    sendChallenge(send, [key, payload], {}, (await owner()).token);
  const put = async (key: string, payload: Payload | null): Promise<Reply> => {
    const { user, token, path } = await owner();
    const { authDataResponse } = await send('PUT', path, { authData: { [key]: payload } }, token);
    const reply = asFields(asFields(authDataResponse)[key]) as Reply;
    await keepStatus(sdk, user, key, payload === null ? undefined : reply);
    return reply;
  };

  return {
    logIn: (username, password, answers = {}) => logIn({ ...login, first: { username, password } }, answers),
    logInWith: (authData, answers = {}) => logIn({ ...login, first: { authData } }, answers),
    passwordless: createPasswordless(login),
    challenge,
    async enrol(key, payload) {
      const reply = await challenge(key, payload);
      // An authenticator that is there is asked for, not set up anew, until its owner has proven himself.
      if (reply.status !== 'enabled') return reply;
      throw new FactorClientError('fresh_proof_required', 'fresh_proof_required: Prove again first.');
    },
    confirm: put,
    async freshen(key, answer) {
      const { freshUntil, availableAt } = await put(key, answer);
      if (availableAt === undefined) return { freshUntil: new Date(freshUntil ?? Number.NaN) };
      const message = `fresh_proof_required: Give another recovery code later, retry after ${availableAt}`;
      throw new FactorClientError('fresh_proof_required', message);
    },
    remove: async (key) => void (await put(key, null)),
    recoveryCodes: async (key = 'recovery') => (await put(key, { generate: 'true' }))['codes']?.split(', ') ?? [],
    trustDevice: async (name, key = 'device') => (await put(key, { remember: 'true', name }))['token'] ?? '',
    distrustDevice: async (id, key = 'device') => void (await put(key, { revoke: id })),
    async enrolled() {
      const { token } = await owner();
      // Shown also where the server hides `authData` from its owner.
      return shownOf((await send('POST', 'functions/factorsStatus', {}, token))['result']);
    },
  };
}

function createPasswordless<User extends SdkUser>(login: Omit<Login<User>, 'first'>): Passwordless<User> {
  /** By key, the address that a code was last asked for, and its id. */
  const asked = new Map<string, { readonly address: string; readonly id: string }>();
  const idOf = (key: string, name: SignInName): string => {
    if ('id' in name) return name.id;
    const last = asked.get(key);
    return last?.address === JSON.stringify(name) ? last.id : addressId(name);
  };
  return {
    async start(key, payload) {
      const reply = await sendChallenge(login.send, [key, payload], {});
      if (reply.id !== undefined) asked.set(key, { address: JSON.stringify(payload), id: reply.id });
      return reply;
    },
    finish(key, { code, ...name }, answers = {}) {
      const authData = { [key]: { id: idOf(key, name), code } };
      return logIn({ ...login, isShowing: false, first: { authData } }, answers);
    },
  };
}
