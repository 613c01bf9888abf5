import { createFactorClient, FactorClientError, type LoginResult, type ParseSdk, type SdkUser } from '@parse-factors/client';
import { createPasskeyClient } from '@parse-factors/client/passkey';

/** What runs in the browser: an application whose every call a test can make. */

interface BrowserSdk extends ParseSdk<SdkUser> {
  serverURL: string;
  initialize(appId: string): void;
  readonly User: ParseSdk<SdkUser>['User'] & {
    current(): SdkUser | null;
    signUp(username: string, password: string): Promise<SdkUser>;
    logOut(): Promise<void>;
  };
}

/** What a test reads of a result, an error, or what is stored. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: { readonly slug?: string; readonly name: string; readonly message: string; readonly retryAt?: string };
}

/** The server that the page speaks to. */
export interface PageSettings {
  readonly appId: string;
  readonly serverUrl: string;
}

const page = globalThis as unknown as {
  readonly Parse: BrowserSdk;
  readonly localStorage: object;
  readonly sessionStorage: object;
  readonly document: { readonly cookie: string };
  readonly indexedDB: { databases(): Promise<object[]> };
  readonly settings: PageSettings;
  call?: (name: string, ...given: readonly never[]) => Promise<Outcome>;
};

const { Parse } = page;
Parse.initialize(page.settings.appId);
Parse.serverURL = page.settings.serverUrl;
const client = createFactorClient(Parse);
const passkeys = createPasskeyClient(client);
let login: LoginResult<SdkUser> | undefined;

/** Keeps a login for the calls that go on with it, and gives what of it is plain. */
async function keep(work: Promise<LoginResult<SdkUser>>): Promise<unknown> {
  login = await work;
  if (login.status === 'session') return { status: login.status, isNew: login.isNew, replies: login.replies, id: login.user.id };
  return login.status === 'factors'
    ? { status: login.status, needs: login.needs, destinations: login.destinations }
    : { status: login.status, needs: login.needs };
}

function pending(): Extract<LoginResult<SdkUser>, { status: 'factors' }> {
  if (login?.status !== 'factors') throw new Error('there is no login that needs factors');
  return login;
}

const calls: Readonly<Record<string, (...given: readonly never[]) => Promise<unknown>>> = {
  signUp: async (username: string, password: string) => (await Parse.User.signUp(username, password)).id,
  logOut: () => Parse.User.logOut(),
  logIn: (...given: Parameters<typeof client.logIn>) => keep(client.logIn(...given)),
  ask: (key: string) => pending().challenge(key),
  answer: (key: string, answer: string) => keep(pending().answer(key, answer)),
  start: (...given: Parameters<typeof client.passwordless.start>) => client.passwordless.start(...given),
  finish: (...given: Parameters<typeof client.passwordless.finish>) => keep(client.passwordless.finish(...given)),
  enrol: client.enrol,
  confirm: client.confirm,
  freshen: async (...given: Parameters<typeof client.freshen>) => (await client.freshen(...given)).freshUntil.toISOString(),
  recoveryCodes: () => client.recoveryCodes(),
  trustDevice: (name: string) => client.trustDevice(name),
  enrolled: () => client.enrolled(),
  passkeyEnrol: async (name: string) => {
    if (login?.status !== 'enrolment') throw new Error('there is no login that demands a factor');
    return keep(passkeys.enrol(login, name));
  },
  passkeySignUp: async (username: string) => {
    const { user, recoveryCodes } = await passkeys.signUp({ username, name: 'Laptop' });
    return { id: user.id, recoveryCodes };
  },
  passkeyRecover: (username: string, code: string) => passkeys.recover(username, code),
  passkeyOffer: () => passkeys.offer('Laptop'),
  passkeyRegister: (name: string) => passkeys.register(name),
  passkeyAnswer: () => keep(passkeys.answer(pending())),
  passkeyLogIn: (autofill: boolean) => keep(passkeys.logIn({ autofill })),
  passkeyFreshen: async () => (await passkeys.freshen()).freshUntil.toISOString(),
  passkeyRename: (id: string, name: string) => passkeys.rename(id, name),
  passkeyRemove: (id: string) => passkeys.remove(id),
  current: async () => Parse.User.current()?.get('authData'),
  stored: async () =>
    JSON.stringify([
      { ...page.localStorage },
      { ...page.sessionStorage },
      page.document.cookie,
      await page.indexedDB.databases(),
      Parse.User.current(),
    ]),
};

page.call = async (name, ...given) => {
  try {
    return { value: await calls[name]?.(...given) };
  } catch (fault) {
    if (!(fault instanceof Error)) return { error: { name: 'unknown', message: String(fault) } };
    const { name: kind, message } = fault;
    if (!(fault instanceof FactorClientError)) return { error: { name: kind, message } };
    const { slug, retryAt } = fault;
    return { error: { slug, name: kind, message, ...(retryAt && { retryAt: retryAt.toISOString() }) } };
  }
};
