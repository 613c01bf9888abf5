import {
  startAuthentication,
  startRegistration,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';
import type { FactorClient } from './factor-client.js';
import { FactorClientError } from './factor-client-error.js';
import type { EnrolmentNeeded, FactorsNeeded, LoginResult } from './login-result.js';
import type { Reply } from './wire.js';

/** Options of {@link createPasskeyClient}. */
export interface PasskeyClientOptions {
  /** The factor's key. Default: `passkey`. */
  readonly key?: string;
  /** The key of the recovery codes. Default: `recovery`. */
  readonly recoveryKey?: string;
}

/** What a passkey answers: a request that starts the verification, and one that sends the answer. */
export interface PasskeyQuestion<Result> {
  /** Asks for the WebAuthn options, such as with `passwordReset.challenge`. */
  challenge(key: string): Promise<Reply>;
  /** Sends the answer, such as with `passwordReset.finish`. */
  answer(key: string, answer: Readonly<Record<string, string>>): Promise<Result>;
}

/** What a sign-up with a passkey may choose. */
export interface PasskeySignUpOptions {
  /** The user name. Parse Server creates one without it. The user needs it to get back in after losing the passkey. */
  readonly username?: string;
  /** A name that tells the passkey from others. */
  readonly name?: string;
}

/** A user who has signed up with a passkey. */
export interface PasskeySignUp<User> {
  readonly user: User;
  /** Shown once. The user needs them, and the user name, to get back in after losing the passkey. */
  readonly recoveryCodes: readonly string[];
}

/** How far a recovery has come: until `availableAt` the user waits; `recovered` has replaced the passkey. */
export type PasskeyRecovery = { readonly status: 'pending'; readonly availableAt: Date } | { readonly status: 'recovered' };

/** Options of a passkey sign-in. */
export interface PasskeyLogInOptions {
  /**
   * Whether the browser offers passkeys in a field with `autocomplete="username webauthn"` instead of in a dialog. Default:
   * false.
   */
  readonly autofill?: boolean;
}

/**
 * Uses passkeys in a browser. Each method prompts the user. The browser's errors, such as `NotAllowedError` after a refusal,
 * are thrown unchanged. Other errors are those of {@link FactorClient}.
 */
export interface PasskeyClient<User> {
  /**
   * Adds a passkey to the current user.
   * @param name a name that tells it from other passkeys
   * @throws FactorClientError `fresh_proof_required`, `already_enrolled`, `code_rejected`, `code_expired`
   */
  register(name?: string): Promise<Reply>;
  /**
   * Creates the first passkey of a user who has just logged in with a password from the browser's password manager, without a
   * dialog. It does nothing if the browser cannot, or the user has a passkey, or another factor that they would have to verify.
   * @returns whether a passkey was created; it never rejects
   */
  offer(name?: string): Promise<boolean>;
  /** Enrols the passkey that a login requires, and logs in. */
  enrol(login: EnrolmentNeeded<User>, name?: string): Promise<LoginResult<User>>;
  /** Answers a login that needs a second factor. Also anything else that is asked for and answered in the same way. */
  answer(login: FactorsNeeded<User>): Promise<LoginResult<User>>;
  answer<Result>(question: PasskeyQuestion<Result>): Promise<Result>;
  /**
   * Signs a new user up with a passkey and nothing else. The server needs `PasskeyFactor` with `signUp`.
   * @throws FactorClientError `code_rejected`, `cooldown`, `invalid_input`
   */
  signUp(options?: PasskeySignUpOptions): Promise<PasskeySignUp<User>>;
  /**
   * Gets a user back in who has lost the passkey that they have signed up with. The first call begins a wait. After it, a call
   * with another recovery code creates a new passkey; then log in with it.
   * @throws FactorClientError `code_rejected` for every wrong code and name, `cooldown`
   */
  recover(username: string, recoveryCode: string): Promise<PasskeyRecovery>;
  /** Logs in with a passkey and nothing else. */
  logIn(options?: PasskeyLogInOptions): Promise<LoginResult<User>>;
  /** Gives a step-up proof with a passkey. */
  freshen(): Promise<{ readonly freshUntil: Date }>;
  /** Renames a passkey. @param id its credential id */
  rename(id: string, name: string): Promise<void>;
  /** Removes one passkey. @param id its credential id @throws FactorClientError `fresh_proof_required` */
  remove(id: string): Promise<void>;
}

/** @throws FactorClientError `invalid_input` if the factor with this key is not a passkey factor */
function optionsOf({ options }: Reply): unknown {
  if (options === undefined) throw new FactorClientError('invalid_input', 'invalid_input: This factor is not a passkey factor.');
  return JSON.parse(options);
}

async function create(begun: Reply, name: string | undefined, useAutoRegister = false): Promise<Record<string, string>> {
  const optionsJSON = optionsOf(begun) as PublicKeyCredentialCreationOptionsJSON;
  const credential = await startRegistration({ optionsJSON, useAutoRegister });
  return { credential: JSON.stringify(credential), ...(name !== undefined && { name }) };
}

/** Browsers that tell what they can do (WebAuthn Level 3, section 5.1.7). */
interface CapableBrowser {
  readonly PublicKeyCredential?: { getClientCapabilities?(): Promise<Readonly<Record<string, boolean>>> };
}

/** Whether the browser can create a passkey without a dialog. */
const canCreateQuietly = async (): Promise<boolean> => {
  const { PublicKeyCredential: credential } = globalThis as CapableBrowser;
  return (await credential?.getClientCapabilities?.())?.['conditionalCreate'] === true;
};

const sign = (begun: Reply, useBrowserAutofill = false): ReturnType<typeof startAuthentication> =>
  startAuthentication({ optionsJSON: optionsOf(begun) as PublicKeyCredentialRequestOptionsJSON, useBrowserAutofill });

/** Creates a passkey client for a {@link FactorClient}, with `@simplewebauthn/browser`. */
export function createPasskeyClient<User>(
  client: FactorClient<User>,
  { key = 'passkey', recoveryKey = 'recovery' }: PasskeyClientOptions = {},
): PasskeyClient<User> {
  /** Creates a passkey that no user has yet. */
  const createNew = async (label: string | undefined, name?: string): Promise<Record<string, string>> => {
    const begun = await client.passwordless.start(key, { purpose: 'sign-up', ...(label !== undefined && { name: label }) });
    const { user } = optionsOf(begun) as PublicKeyCredentialCreationOptionsJSON;
    return { id: user.id, ...(await create(begun, name)) };
  };
  return {
    async signUp({ username, name } = {}) {
      const created = { [key]: await createNew(username, name), [recoveryKey]: { generate: 'true' } };
      const login = await client.logInWith(created, {}, username === undefined ? {} : { username });
      if (login.status !== 'session') throw new FactorClientError('unavailable', 'unavailable: The sign-up opened no session.');
      return { user: login.user, recoveryCodes: login.replies[recoveryKey]?.['codes']?.split(', ') ?? [] };
    },
    async recover(username, recoveryCode) {
      const codes = { [recoveryKey]: recoveryCode };
      let reply = await client.recover(username, codes);
      if (reply.status === 'verified') reply = await client.recover(username, { ...codes, [key]: await createNew(username) });
      if (reply.status !== 'pending') return { status: 'recovered' };
      return { status: 'pending', availableAt: new Date(reply.availableAt ?? Number.NaN) };
    },
    register: async (name) => client.confirm(key, await create(await client.enrol(key, { purpose: 'enrolment' }), name)),
    async offer(name) {
      try {
        if (!(await canCreateQuietly()) || (await client.enrolled())[key] !== undefined) return false;
        const begun = await client.enrol(key, { purpose: 'enrolment', mediation: 'conditional' });
        await client.confirm(key, await create(begun, name, true));
        return true;
      } catch {
        return false; // the user has lost nothing, and can add a passkey later
      }
    },
    enrol: async (login, name) => login.confirm(key, await create(await login.enrol(key), name)),
    answer: async <Result>(question: PasskeyQuestion<Result>) =>
      question.answer(key, { credential: JSON.stringify(await sign(await question.challenge(key))) }),
    async logIn({ autofill } = {}) {
      const signed = await sign(await client.passwordless.start(key, true), autofill);
      const id = signed.response.userHandle ?? '';
      return client.logInWith({ [key]: { id, credential: JSON.stringify(signed) } });
    },
    async freshen() {
      const signed = await sign(await client.challenge(key, { purpose: 'fresh-proof' }));
      return client.freshen(key, { credential: JSON.stringify(signed) });
    },
    rename: async (id, name) => void (await client.confirm(key, { rename: id, name })),
    remove: async (id) => void (await client.confirm(key, { remove: id })),
  };
}
