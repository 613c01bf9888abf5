import { createFactorClient, type LoginResult } from '@parse-factors/client';
import { createPasskeyClient } from '@parse-factors/client/passkey';
import Parse from 'parse';

Parse.initialize('example', '');
Parse.serverURL = `${location.origin}/parse`;

/** The SDK, which keeps the session in `localStorage`. */
export { Parse };

/** The factors of this app. */
export const client = createFactorClient(Parse);

/** Its passkeys. */
export const passkeys = createPasskeyClient(client);

/** What a login of this app comes to. */
export type Login = LoginResult<Parse.User>;
