/** The credentials that a request sends for a user, as plain JSON and before any SDK changes them. */
export interface SentCredentials {
  /** By provider; null unlinks it. */
  readonly providers: Readonly<Record<string, unknown>>;
  readonly hasPassword: boolean;
}

/** No credentials. */
export const NOTHING_SENT: SentCredentials = { providers: {}, hasPassword: false };
