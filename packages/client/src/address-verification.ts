import { asFields, type Reply, type Send, type SentBy } from './wire.js';

/** Which address is verified: that of the current user in a field, `email` by default; or one of a user who cannot log in yet. */
export type AddressToVerify = { readonly field?: string } | { readonly email: string };

/** The code, and without a session also the account's password. */
export type VerificationCode =
  | { readonly field?: string; readonly code: string }
  | { readonly email: string; readonly code: string; readonly password: string };

/** Verifies addresses of the user object by a code. */
export interface AddressVerification {
  /**
   * Sends a code. With `email`, the request has no session, and the reply is the same whether or not an account has the address.
   * @param factor the key of the factor that sends the code; needed only for the client's option `checks`
   * @returns a reply with the status `sent`; or `verified`, if the current user's address is verified already
   * @throws FactorClientError `cooldown`, `address_refused`, `invalid_input`; with a session also `delivery_failed`
   */
  start(address?: AddressToVerify & SentBy, factor?: string): Promise<Reply>;

  /**
   * Verifies the address. With `email`, the request has no session, and the password is needed as well.
   * @throws FactorClientError `code_rejected` for every wrong code, password and address
   */
  finish(answer: VerificationCode): Promise<void>;
}

/** @param token returns the token of the current session */
export const addressVerification = (send: Send, token: () => Promise<string>): AddressVerification => {
  const call = async (name: string, params: object, sender?: string): Promise<Reply> => {
    const session = 'email' in params ? undefined : await token();
    return asFields((await send('POST', `functions/factors${name}`, params, session, sender))['result']) as Reply;
  };
  return {
    start: (address = {}, factor?: string) => call('RequestVerification', address, factor),
    finish: async (answer) => void (await call('VerifyAddress', answer)),
  };
};
