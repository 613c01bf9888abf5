import { addressId, type SignInAddress } from './address-id.js';
import type { LoginResult } from './login-result.js';
import { logIn, type Login } from './login.js';
import type { SdkUser } from './parse-sdk.js';
import { asFields, sendChallenge, type Answers, type Reply, type SentBy } from './wire.js';

/** The user who signs in with a code: an address in any spelling, or the `id` that the server replied for it. */
export type SignInName = SignInAddress | { readonly id: string };

/** Passwordless sign-in with a code. */
export interface Passwordless<User> {
  /**
   * Sends a code. The reply is the same whether or not an account has the address.
   * @param key the factor's key, such as `emailLogin`
   * @param payload the address in any spelling, and `via` to choose one of several ways; `true` for a passkey, and `{ purpose: "sign-up" }` for a new one
   * @throws FactorClientError `cooldown`, `address_refused`, `invalid_input`, `delivery_failed`
   */
  start(
    key: string,
    payload: (SignInAddress & SentBy) | true | { readonly purpose: 'sign-up'; readonly name?: string },
  ): Promise<Reply>;

  /**
   * Signs up or logs in with the code.
   * @param answer the code, with the address that `start` was given or the `id` that `start` replied
   * @param answers second factors, if the user is known to have some
   * @throws FactorClientError `code_rejected` for every failed check, `invalid_input`
   */
  finish(key: string, answer: SignInName & { readonly code: string }, answers?: Answers): Promise<LoginResult<User>>;
}

/** Signs in by codes with a connection of the SDK. */
export function createPasswordless<User extends SdkUser>(login: Omit<Login<User>, 'primary'>): Passwordless<User> {
  /** By factor key: the address that the last code was sent for, and its id. */
  const started = new Map<string, { readonly address: string; readonly id: string }>();
  const idOf = (key: string, name: SignInName): string => {
    if ('id' in name) return name.id;
    const last = started.get(key);
    return last?.address === JSON.stringify(name) ? last.id : addressId(name);
  };
  return {
    async start(key, payload) {
      const reply = await sendChallenge(login.send, [key, payload], {});
      if (reply.id !== undefined)
        started.set(key, { address: JSON.stringify({ ...asFields(payload), via: undefined }), id: reply.id });
      return reply;
    },
    finish(key, { code, ...name }, answers = {}) {
      const authData = { [key]: { id: idOf(key, name), code } };
      return logIn({ ...login, isShowing: false, primary: { authData } }, answers);
    },
  };
}
