/** The part of a user of the Parse JS SDK that is used here; a `Parse.User` is one. */
export interface SdkUser {
  readonly id?: string | undefined;
  get(field: string): unknown;
  getSessionToken(): string | null | undefined;
  isCurrentAsync(): Promise<boolean>;
  _finishFetch(fields: object): void;
}

/**
 * The part of the Parse JS SDK that is used here: `Parse` of `parse`, `parse/node` or
 * `parse/react-native` is one, and so is any other copy that the application uses.
 *
 * @typeParam User its class of users
 */
export interface ParseSdk<User extends SdkUser> {
  readonly CoreManager: {
    getRESTController(): { request(method: string, path: string, data: object, options: SdkRequestOptions): Promise<unknown> };
    getUserController(): { updateUserOnDisk(user: User): Promise<unknown> };
  };
  readonly User: {
    currentAsync(): Promise<User | null>;
    hydrate(fields: object): Promise<User>;
  };
}

/** How the SDK is to send a request. */
export interface SdkRequestOptions {
  /** Empty for none, whoever is the current user. */
  readonly sessionToken: string;
  readonly useMasterKey: false;
  readonly returnStatus: true;
}
