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
}

/** What a passkey answers: a request that starts the verification, and one that sends the answer. */
export interface PasskeyQuestion<Result> {
  /** Asks for the WebAuthn options, such as with `passwordReset.challenge`. */
  challenge(key: string): Promise<Reply>;
  /** Sends the answer, such as with `passwordReset.finish`. */
  answer(key: string, answer: Readonly<Record<string, string>>): Promise<Result>;
}

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
  /** Enrols the passkey that a login requires, and logs in. */
  enrol(login: EnrolmentNeeded<User>, name?: string): Promise<LoginResult<User>>;
  /** Answers a login that needs a second factor. Also anything else that is asked for and answered in the same way. */
  answer(login: FactorsNeeded<User>): Promise<LoginResult<User>>;
  answer<Result>(question: PasskeyQuestion<Result>): Promise<Result>;
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

async function create(begun: Reply, name: string | undefined): Promise<Record<string, string>> {
  const credential = await startRegistration({ optionsJSON: optionsOf(begun) as PublicKeyCredentialCreationOptionsJSON });
  return { credential: JSON.stringify(credential), ...(name !== undefined && { name }) };
}

const sign = (begun: Reply, useBrowserAutofill = false): ReturnType<typeof startAuthentication> =>
  startAuthentication({ optionsJSON: optionsOf(begun) as PublicKeyCredentialRequestOptionsJSON, useBrowserAutofill });

/** Creates a passkey client for a {@link FactorClient}, with `@simplewebauthn/browser`. */
export function createPasskeyClient<User>(
  client: FactorClient<User>,
  { key = 'passkey' }: PasskeyClientOptions = {},
): PasskeyClient<User> {
  return {
    register: async (name) => client.confirm(key, await create(await client.enrol(key, { purpose: 'enrolment' }), name)),
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
