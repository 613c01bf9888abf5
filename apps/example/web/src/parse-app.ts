import { createFactorClient, type LoginResult, toClientError } from '@parse-factors/client';
import { createPasskeyClient } from '@parse-factors/client/passkey';
import Parse from 'parse';

Parse.initialize('example', '');
Parse.serverURL = `${location.origin}/parse`;

/** The Parse JS SDK. It keeps the session in `localStorage`. */
export { Parse };

/** Calls the server's factors. */
export const client = createFactorClient(Parse);

/** Calls the server's passkey factor and the browser's WebAuthn. */
export const passkeys = createPasskeyClient(client);

/** Changes the email address of the account. The server may ask for a fresh proof first. */
export async function changeEmail(email: string): Promise<void> {
  const user = await Parse.User.currentAsync();
  try {
    await user?.save({ email });
  } catch (fault) {
    user?.revert('email');
    throw toClientError(fault);
  }
}

/** The result of a login: a session, or what the user must do next. */
export type Login = LoginResult<Parse.User>;
