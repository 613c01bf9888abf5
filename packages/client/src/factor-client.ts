import { addressVerification, type AddressVerification } from './address-verification.js';
import { authenticatorClient, type AuthenticatorClient } from './authenticators.js';
import { FactorClientError } from './factor-client-error.js';
import { keepStatus, shownOf } from './local-user.js';
import type { LoginResult } from './login-result.js';
import { logIn } from './login.js';
import { createPasswordless, type Passwordless } from './passwordless.js';
import { passwordReset, type PasswordReset } from './password-reset.js';
import type { ParseSdk, SdkUser } from './parse-sdk.js';
import { sessions, type Sessions } from './sessions.js';
import { asFields, sendChallenge, sender, type Answers, type Checks, type Payload, type Reply } from './wire.js';

/** Options of {@link createFactorClient}. */
export interface FactorClientOptions<User> {
  /**
   * The user whose factors are managed. Default: the SDK's current user, read on every call. A server has no current user, so
   * pass one there.
   */
  readonly user?: User;
  /** Whether a login that needs second factors also asks where their codes go. This costs one more request. Default: true. */
  readonly showDestinations?: boolean;
  /**
   * Returns headers for the server's checks before a message, such as a CAPTCHA's token or a proof of work. Called with the key of
   * the factor before each request that can make the server send a message, so also for factors that send none: return `{}` for
   * these. Default: no headers.
   */
  readonly checks?: Checks;
}

/**
 * Manages the factors of one user and signs users in. Requests use the SDK's own connection. Codes, secrets, recovery codes and
 * tokens are never stored on the SDK's user or in its storage.
 * Every method throws {@link FactorClientError} for an error of a factor, and the SDK's own error otherwise.
 */
export interface FactorClient<User> {
  /**
   * Logs in with a password.
   * @param username the user name, or the email address
   * @param answers second factors to send at once, such as a trusted device: `{ device: { token } }`
   */
  logIn(username: string, password: string, answers?: Answers): Promise<LoginResult<User>>;

  /**
   * Logs in or signs up with another provider: `{ google: { id, id_token } }`.
   * @param fields further fields of a new user, such as `username`
   */
  logInWith(
    authData: Readonly<Record<string, object>>,
    answers?: Answers,
    fields?: { readonly username?: string },
  ): Promise<LoginResult<User>>;

  /**
   * Gets a user back in who has signed up with a passkey alone and has lost it; `createPasskeyClient` does it in one call.
   * @param answers a recovery code, and after the wait the new passkey
   * @throws FactorClientError `code_rejected` for every wrong code and name, `cooldown`
   */
  recover(username: string, answers: Answers): Promise<Reply>;

  readonly passwordless: Passwordless<User>;

  /** A new password by a code. It needs `factors.install` on the server, and its option `passwordReset`. */
  readonly passwordReset: PasswordReset;

  /** The sessions of the current user: list them, and end one or all others. */
  readonly sessions: Sessions;

  /**
   * Verifies `email`, and other addresses of the user object, by a code. It needs `factors.install` on the server, and its option
   * `addressVerification`.
   */
  readonly addressVerification: AddressVerification;

  /**
   * Sends the current user a code for a step-up proof. `{ id }` sends it to one of several addresses, `{ via }` by one of several
   * ways.
   */
  challenge(key: string, payload?: Payload): Promise<Reply>;

  /**
   * Begins the enrolment of a factor, or replaces an enrolled one. Send `{ phone }`, `{ email }`, or nothing for an
   * authenticator app; `via` chooses one of several ways. If the user may have several authenticators, it adds one;
   * `{ replace: id }` replaces one.
   * @throws FactorClientError `fresh_proof_required`, `already_enrolled`, `address_refused`, `cooldown`, `delivery_failed`
   */
  enrol(key: string, payload?: Payload): Promise<Reply>;

  /**
   * Confirms an enrolment with `{ phone, code }`, `{ email, code }`, or an authenticator app's code. This also counts as a
   * step-up proof of the session.
   * @throws FactorClientError `code_rejected`, `code_expired`, `locked`, `fresh_proof_required`
   */
  confirm(key: string, answer: Payload): Promise<Reply>;

  /**
   * Gives a step-up proof and returns until when it lasts. In a session opened with a recovery code, a second recovery code is
   * also accepted.
   * @throws FactorClientError `code_rejected`, `code_expired`, `locked`. With `fresh_proof_required` and `retryAt`, recovery
   * codes allow changes only after a wait, which has now begun
   */
  freshen(key: string, answer: Payload): Promise<{ readonly freshUntil: Date }>;

  /** The authenticators of a factor, of which a user may have several. */
  authenticators(key: string): AuthenticatorClient;

  /** Removes a factor with all of its authenticators or passkeys. @throws FactorClientError `fresh_proof_required` */
  remove(key: string): Promise<void>;

  /** Creates new recovery codes and invalidates the old ones. @throws FactorClientError `fresh_proof_required` */
  recoveryCodes(key?: string): Promise<readonly string[]>;

  /**
   * Trusts this device, so that it can replace a second factor at the next login.
   * @returns the token to send at the next login, as `{ device: { token } }`. Store it where scripts of other origins cannot
   * read it
   * @throws FactorClientError `fresh_proof_required` if the session was not recently opened with a factor
   */
  trustDevice(name: string, key?: string): Promise<string>;

  /** Revokes one trusted device, or `all`. */
  distrustDevice(id: string, key?: string): Promise<void>;

  /** Returns what the current user has enrolled, by factor key. It takes one request and needs `factors.install` on the server. */
  enrolled(): Promise<Readonly<Record<string, Reply>>>;
}

/**
 * Creates a client for the factors of one app.
 * @param sdk the application's own Parse JS SDK, in any build
 */
export function createFactorClient<User extends SdkUser>(
  sdk: ParseSdk<User>,
  options: FactorClientOptions<User> = {},
): FactorClient<User> {
  const { showDestinations = true, checks } = options;
  const send = sender(sdk, checks);
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

  const enrolled = async (): Promise<Readonly<Record<string, Reply>>> => {
    const { token } = await owner();
    // The Cloud function works even if the server hides `authData` from the user.
    return shownOf((await send('POST', 'functions/factorsStatus', {}, token))['result']);
  };

  return {
    logIn: (username, password, answers = {}) => logIn({ ...login, primary: { username, password } }, answers),
    logInWith: (authData, answers = {}, fields = {}) => logIn({ ...login, primary: { ...fields, authData } }, answers),
    recover: async (username, authData) =>
      asFields((await send('POST', 'functions/factorsRecover', { username, authData }))['result']) as Reply,
    passwordless: createPasswordless(login),
    passwordReset: passwordReset(send),
    sessions: sessions(send, async () => (await owner()).token),
    addressVerification: addressVerification(send, async () => (await owner()).token),
    challenge,
    async enrol(key, payload) {
      const reply = await challenge(key, payload);
      // `enabled` means that the user has an authenticator already. Replacing it needs a step-up proof.
      if (reply.status !== 'enabled') return reply;
      throw new FactorClientError(
        'fresh_proof_required',
        'fresh_proof_required: Verify one of your sign-in methods again, then retry.',
      );
    },
    confirm: put,
    async freshen(key, answer) {
      const { freshUntil, availableAt } = await put(key, answer);
      if (availableAt === undefined) return { freshUntil: new Date(freshUntil ?? Number.NaN) };
      const message = `fresh_proof_required: Send another recovery code later. Please retry after ${availableAt}`;
      throw new FactorClientError('fresh_proof_required', message);
    },
    authenticators: (key) =>
      authenticatorClient(
        async () => (await enrolled())[key],
        (payload) => put(key, payload),
      ),
    remove: async (key) => void (await put(key, null)),
    recoveryCodes: async (key = 'recovery') => (await put(key, { generate: 'true' }))['codes']?.split(', ') ?? [],
    trustDevice: async (name, key = 'device') => (await put(key, { remember: 'true', name }))['token'] ?? '',
    distrustDevice: async (id, key = 'device') => void (await put(key, { revoke: id })),
    enrolled,
  };
}
