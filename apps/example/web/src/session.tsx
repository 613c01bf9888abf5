import type { Reply } from '@parse-factors/client';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { isSessionEnded } from './error-messages.js';
import { client, Parse } from './parse-app.js';

/** The user who is signed in, and the factors that they have set up. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly factors: Readonly<Record<string, Reply>>;
  /** The email address of the account, whether it signs the user in or not. */
  readonly email: string | undefined;
  readonly isEmailVerified: boolean;
}

/** The session in this browser. */
export interface Session {
  /** `undefined` while the app looks it up, `null` when no user is signed in. */
  readonly account: Account | null | undefined;
  /** Why the lookup failed. */
  readonly fault: unknown;
  /** Loads the user and their factors again. */
  refresh(): Promise<void>;
  signOut(): Promise<void>;
  /** Forgets a session that has ended on the server. */
  end(): void;
}

const SessionContext = createContext<Session | undefined>(undefined);

/** The session of the surrounding {@link SessionProvider}. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('there is no SessionProvider');
  return session;
}

/** Users without a user name of their own are shown by the address that they sign in with. */
function nameOf(user: Parse.User, factors: Account['factors']): string {
  const address = factors['emailLogin']?.destination ?? factors['phoneLogin']?.destination;
  return address ?? String(user.get('username') ?? 'You');
}

async function lookUp(): Promise<Account | null> {
  const user = await Parse.User.currentAsync();
  if (user === null || user.id === undefined) return null;
  const factors = await client.enrolled();
  await user.fetch();
  const { email, emailVerified } = user.attributes;
  return { id: user.id, name: nameOf(user, factors), factors, email, isEmailVerified: emailVerified === true };
}

/** Provides the session to all components below. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [account, setAccount] = useState<Account | null>();
  const [fault, setFault] = useState<unknown>();
  const end = (): void => {
    setAccount(null);
    // The request may fail, as the session has ended. The SDK deletes its local copy anyway.
    Parse.User.logOut().catch(() => undefined);
  };
  const refresh = async (): Promise<void> => {
    try {
      setAccount(await lookUp());
    } catch (fault) {
      if (!isSessionEnded(fault)) throw fault;
      end();
    }
  };
  const signOut = async (): Promise<void> => {
    try {
      await Parse.User.logOut();
    } finally {
      // The SDK deletes its local copy before it calls the server, so the user is signed out even if the call fails.
      setAccount(null);
    }
  };
  useEffect(() => {
    refresh().catch(setFault);
  }, []);
  return <SessionContext value={{ account, fault, refresh, signOut, end }}>{children}</SessionContext>;
}
