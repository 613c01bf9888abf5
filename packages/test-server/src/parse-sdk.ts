import { createRequire } from 'node:module';

/** The part of the Parse JS SDK that tests use. */
export interface ParseSdk {
  initialize(appId: string): void;
  serverURL: string;
  readonly Cloud: { run(name: string, params: object, options?: { readonly sessionToken: string }): Promise<unknown> };
  User: {
    new (): SdkUser;
    enableUnsafeCurrentUser(): void;
    logIn(username: string, password: string): Promise<SdkUser>;
    logInWith(provider: string, options: { readonly authData: object }): Promise<SdkUser>;
    logInWithAdditionalAuth(username: string, password: string, authData: object): Promise<SdkUser>;
    become(sessionToken: string): Promise<SdkUser>;
    logOut(): Promise<void>;
  };
}

/** A user of the SDK. */
export interface SdkUser {
  id: string;
  get(field: string): unknown;
  set(field: string | object, value?: unknown): void;
  signUp(): Promise<SdkUser>;
  save(): Promise<SdkUser>;
  fetch(): Promise<SdkUser>;
  linkWith(provider: string, options: object): Promise<SdkUser>;
  _unlinkFrom(provider: string): Promise<SdkUser>;
  getSessionToken(): string;
}

/**
 * Loads a separate copy of the Parse JS SDK. The server in this process uses the SDK too, and its settings are global per copy.
 */
export function loadParseSdk(appId: string, serverUrl: string): ParseSdk {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('parse/node');
  const folder = entry.slice(0, entry.lastIndexOf('/node_modules/parse/') + '/node_modules/parse/'.length);
  const cached = () => Object.entries(require.cache).filter(([file]) => file.startsWith(folder));
  const servers = cached();
  for (const [file] of servers) delete require.cache[file];
  const sdk = require(entry) as ParseSdk;
  for (const [file] of cached()) delete require.cache[file]; // so that a server started later loads its own copy
  for (const [file, module] of servers) require.cache[file] = module;
  sdk.initialize(appId);
  sdk.serverURL = serverUrl;
  return sdk;
}
