/** What a request sends of a user, as far as sign-in is concerned: as JSON, and nothing that an SDK made of it. */
export interface SentCredentials {
  /** By provider; null asks to unlink it. */
  readonly providers: Readonly<Record<string, unknown>>;
  readonly hasPassword: boolean;
}

/** What nothing was sent of. */
export const NOTHING_SENT: SentCredentials = { providers: {}, hasPassword: false };
