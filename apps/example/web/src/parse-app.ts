import { createFactorClient, type LoginResult } from '@parse-factors/client';
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

/** The result of a login: a session, or what the user must do next. */
export type Login = LoginResult<Parse.User>;
