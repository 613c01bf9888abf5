/** The part of the SDK's user that this package uses. A `Parse.User` fits. */
export interface SdkUser {
  readonly id?: string | undefined;
  get(field: string): unknown;
  getSessionToken(): string | null | undefined;
  isCurrentAsync(): Promise<boolean>;
  _finishFetch(fields: object): void;
}

/**
 * The part of the Parse JS SDK that this package uses. `Parse` of `parse`, `parse/node` and `parse/react-native` fit, as does
 * any other copy.
 * @typeParam User the SDK's class of users
 */
export interface ParseSdk<User extends SdkUser> {
  readonly CoreManager: {
    getRESTController(): {
      request(method: string, path: string, data: object, options: SdkRequestOptions): Promise<unknown>;
      /** Only for the option `checks`, as are the optional members below. */
      ajax?(method: string, url: string, data: string, headers: Record<string, string>, options: object): Promise<unknown>;
      handleError?(fault: never): unknown;
    };
    getUserController(): { updateUserOnDisk(user: User): Promise<unknown> };
    getInstallationController?(): { currentInstallationId(): Promise<string> };
    get?(name: string): unknown;
  };
  readonly User: {
    currentAsync(): Promise<User | null>;
    hydrate(fields: object): Promise<User>;
  };
}

/** The options of one SDK request. */
export interface SdkRequestOptions {
  /** Empty for a request without a session, also if there is a current user. */
  readonly sessionToken: string;
  readonly useMasterKey: false;
  readonly returnStatus: true;
}
