import { asFields, type Payload, type Reply } from './wire.js';

/** One of several authenticators of a factor. */
export interface Authenticator {
  readonly id: string;
  /** The user's name for it. */
  readonly name: string;
  /** When it was set up, in ISO 8601; undefined if the user could have only one at that time. */
  readonly addedAt?: string;
  /** Where its codes go, masked. */
  readonly destination?: string;
}

/** Where the code of a login can go. */
export type Destination = Required<Pick<Authenticator, 'id' | 'destination'>>;

/**
 * The authenticators of a factor with the option `maxAuthenticators`. `enrol` and `confirm` of the client add one:
 * `confirm('otp', { phone, code, name })`.
 */
export interface AuthenticatorClient {
  /** Returns the user's authenticators, oldest first. */
  list(): Promise<readonly Authenticator[]>;
  /** Renames one. @throws FactorClientError `not_enrolled` */
  rename(id: string, name: string): Promise<void>;
  /** Removes one of several. `remove` of the client removes the last one. @throws FactorClientError `fresh_proof_required` */
  remove(id: string): Promise<void>;
}

/** Reads a JSON list that a reply holds. */
const listIn = (json: unknown): unknown => (typeof json === 'string' ? JSON.parse(json) : []);

/** The authenticators that a factor's status shows: none if the user can have only one. */
export const authenticatorsIn = ({ authenticators }: Reply): readonly Authenticator[] =>
  listIn(authenticators) as readonly Authenticator[];

/** Where a code can go, if there are several such addresses. */
export const destinationsIn = (reply: unknown): readonly Destination[] =>
  listIn(asFields(reply)['destinations']) as readonly Destination[];

/** The ways by which codes can be sent, such as `['sms', 'voice']`, the default first; empty if there is only one. */
export const waysIn = (reply: unknown): readonly string[] => listIn(asFields(reply)['ways']) as readonly string[];

/** Creates the client of one factor's authenticators. */
export const authenticatorClient = (
  status: () => Promise<Reply | undefined>,
  save: (payload: Payload) => Promise<unknown>,
): AuthenticatorClient => ({
  list: async () => authenticatorsIn((await status()) ?? {}),
  rename: async (id, name) => void (await save({ rename: id, name })),
  remove: async (id) => void (await save({ remove: id })),
});
