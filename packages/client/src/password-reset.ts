import type { SignInAddress } from './address-id.js';
import { asFields, type Answers, type Reply, type Send, type SentBy } from './wire.js';

/** The user who has forgotten a password: their address in any spelling, or their user name. */
export type ResetName = SignInAddress | { readonly username: string };

/** A new password by a code. */
export interface PasswordReset {
  /**
   * Sends a code. The reply is the same whether or not an account has the address or the name.
   * @param key the factor that sends the code, such as `emailLogin`
   * @throws FactorClientError `cooldown`, `address_refused`, `invalid_input`
   */
  start(key: string, name: ResetName & SentBy): Promise<Reply>;

  /**
   * Asks for one of the user's second factors, such as by sending its code. The code for the password stays valid.
   * @param secondFactor the factor's key, such as `otp`; or also the `id` of one of several addresses to send the code to, and
   * `via` for one of several ways
   * @throws FactorClientError `code_rejected`, `not_enrolled`, `cooldown`, `locked`, `delivery_failed`
   */
  challenge(
    key: string,
    name: ResetName & { readonly code: string },
    secondFactor: string | (SentBy & { readonly key: string; readonly id?: string }),
  ): Promise<Reply>;

  /**
   * Sets the password, and ends all sessions of the user. Log in afterwards.
   * @param answers the user's second factors, or a recovery code
   * @throws FactorClientError `code_rejected`; `factor_required`, whose `missing` names the factors to answer
   */
  finish(key: string, name: ResetName & { readonly code: string; readonly password: string }, answers?: Answers): Promise<void>;
}

/** Resets passwords with a connection of the SDK. */
export const passwordReset = (send: Send): PasswordReset => {
  const call = async (name: string, params: object, sender?: string): Promise<unknown> =>
    (await send('POST', `functions/factors${name}`, params, '', sender))['result'];
  return {
    start: async (factor, name) => asFields(await call('RequestPasswordReset', { factor, ...name }, factor)) as Reply,
    async challenge(factor, name, secondFactor) {
      const { key: second, ...chosen } = typeof secondFactor === 'string' ? { key: secondFactor } : secondFactor;
      const payload = Object.keys(chosen).length === 0 ? true : chosen;
      const result = await call('ResetPassword', { factor, ...name, challengeData: { [second]: payload } }, second);
      return asFields(asFields(asFields(result)['challengeData'])[second]) as Reply;
    },
    async finish(factor, name, authData = {}) {
      await call('ResetPassword', { factor, ...name, authData });
    },
  };
};
