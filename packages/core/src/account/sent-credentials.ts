/** The credentials that a request sends for a user, as plain JSON and before any SDK changes them. */
export interface SentCredentials {
  /** By provider; null unlinks it. */
  readonly providers: Readonly<Record<string, unknown>>;
  readonly hasPassword: boolean;
  /** The password, for `passwordCheck`; undefined for one that is no string, and where it is not read. */
  readonly password?: string | undefined;
  /** The user name that the request writes; undefined if it writes none. */
  readonly username?: unknown;
  /** By field, the new addresses that a link for a new password would go to. Empty when Parse Server sends no mail. */
  readonly resetAddresses?: Readonly<Record<string, string>>;
  /** By field, the addresses of the user object that the request writes; null removes one. */
  readonly addresses?: Readonly<Record<string, string | null>>;
  /** The fields that the request writes, among those that say something about an address, such as `emailVerified`. */
  readonly marks?: readonly string[];
}

/** No credentials. */
export const NOTHING_SENT: SentCredentials = { providers: {}, hasPassword: false };
