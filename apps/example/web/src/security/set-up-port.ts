import type { Payload, Reply } from '@parse-factors/client';
import { client, passkeys } from '../parse-app.js';

/** The requests that set up a factor: with a session, or during a login that requires a second factor. */
export interface SetUpPort {
  /** Begins the setup. */
  readonly enrol: (key: string, payload?: Payload) => Promise<Reply>;
  /** Completes the setup with a code. */
  readonly confirm: (key: string, answer: Payload) => Promise<unknown>;
  /** Creates a passkey, from beginning to end. */
  readonly register: (name: string) => Promise<unknown>;
}

/** Sets up factors with the session of the user who is signed in. */
export const SESSION_PORT: SetUpPort = {
  enrol: client.enrol,
  confirm: client.confirm,
  register: (name) => passkeys.register(name),
};
