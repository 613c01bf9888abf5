import type { Payload, Reply } from '@parse-factors/client';
import { client, passkeys } from '../parse-app.js';

/** How a factor is set up: with a session, or on the way in where one is demanded. */
export interface SetUpPort {
  readonly enrol: (key: string, payload?: Payload) => Promise<Reply>;
  readonly confirm: (key: string, answer: Payload) => Promise<unknown>;
  readonly register: (name: string) => Promise<unknown>;
}

/** With the session of whoever is signed in. */
export const SESSION_PORT: SetUpPort = {
  enrol: client.enrol,
  confirm: client.confirm,
  register: (name) => passkeys.register(name),
};
