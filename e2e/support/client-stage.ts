import {
  createFactorClient,
  type FactorClient,
  type FactorClientOptions,
  type ParseSdk,
  type SdkUser,
} from '@parse-factors/client';
import { loadParseSdk } from '@parse-factors/test-server/parse-sdk';

/** The part of the SDK's user that tests read. */
export interface ClientUser extends SdkUser {
  readonly id: string;
  getSessionToken(): string;
  set(field: string, value: unknown): void;
  save(): Promise<unknown>;
  toJSON(): object;
  fetch(): Promise<unknown>;
  linkWith(provider: string, options: object): Promise<unknown>;
}

interface Sdk extends ParseSdk<ClientUser> {
  readonly User: ParseSdk<ClientUser>['User'] & {
    current(): ClientUser | null;
    enableUnsafeCurrentUser(): void;
    disableUnsafeCurrentUser(): void;
    signUp(username: string, password: string): Promise<ClientUser>;
    logOut(): Promise<void>;
  };
  readonly Object: { enableSingleInstance(): void };
  readonly CoreManager: ParseSdk<ClientUser>['CoreManager'] & {
    setStorageController(controller: object): void;
    set(name: string, value: unknown): void;
  };
}

/** An application of its own: a copy of the SDK as a browser's or a phone's, and a client over it. */
export interface TestApp {
  readonly sdk: Sdk;
  readonly client: FactorClient<ClientUser>;
  /** Everything that the SDK has ever written to its storage. */
  readonly written: string[];
  /** The client of another of its users, as a server has it. */
  clientOf(options: FactorClientOptions<ClientUser>): FactorClient<ClientUser>;
}

/** @param storage `sync` as `localStorage` is, or `async` as `AsyncStorage` */
export function newApp(url: string, appId = 'test', storage: 'sync' | 'async' = 'sync'): TestApp {
  const sdk = loadParseSdk(appId, url) as unknown as Sdk;
  const kept = new Map<string, string>();
  const written: string[] = [];
  const write = (key: string, value: string): void => {
    written.push(value);
    kept.set(key, value);
  };
  const plain = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: write,
    removeItem: (key: string) => void kept.delete(key),
    getAllKeys: () => [...kept.keys()],
    clear: () => kept.clear(),
  };
  const later = Object.entries(plain).map(([name, work]) => [
    `${name}Async`,
    async (...given: [string, string]) => Reflect.apply(work, undefined, given) as unknown,
  ]);
  sdk.CoreManager.setStorageController(
    storage === 'sync' ? { ...plain, async: 0 } : { ...(Object.fromEntries(later) as object), async: 1 },
  );
  // As in browsers and on phones: one current user, and one state of each object.
  sdk.User.enableUnsafeCurrentUser();
  sdk.Object.enableSingleInstance();
  sdk.CoreManager.set('REQUEST_ATTEMPT_LIMIT', 1);
  const clientOf = (options: FactorClientOptions<ClientUser>): FactorClient<ClientUser> => createFactorClient(sdk, options);
  return { sdk, client: createFactorClient(sdk), written, clientOf };
}
