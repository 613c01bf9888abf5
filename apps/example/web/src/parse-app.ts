import { createFactorClient, type LoginResult, toClientError } from '@parse-factors/client';
import { createPasskeyClient } from '@parse-factors/client/passkey';
import { proofOfWork } from '@parse-factors/client/proof-of-work';
import Parse from 'parse';

Parse.initialize('example', '');
Parse.serverURL = `${location.origin}/parse`;

/** The Parse JS SDK. It keeps the session in `localStorage`. */
export { Parse };

/** Calls the server's factors. */
export const client = createFactorClient(Parse, {
  // Before the server sends a code to a stranger, it may ask for some work.
  ...(document.documentElement.dataset['proofOfWork'] === 'true' && {
    // The pages' policy for trusted types forbids Workers.
    checks: proofOfWork(Parse, { keys: ['emailLogin', 'phoneLogin'], worker: false }),
  }),
});

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
