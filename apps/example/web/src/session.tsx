import type { Reply } from '@parse-factors/client';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { isSessionEnded } from './error-messages.js';
import { client, Parse } from './parse-app.js';

/** Who is signed in, and what he has set up. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly factors: Readonly<Record<string, Reply>>;
}

/** The session of this browser. */
export interface Session {
  /** `undefined` while it is being looked up, `null` where nobody is signed in. */
  readonly account: Account | null | undefined;
  /** Why that could not be found out. */
  readonly fault: unknown;
  /** Looks again at who is signed in. */
  refresh(): Promise<void>;
  signOut(): Promise<void>;
  /** It has ended on the server. */
  end(): void;
}

const SessionContext = createContext<Session | undefined>(undefined);

/** What {@link SessionProvider} knows. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('there is no SessionProvider');
  return session;
}

/** Somebody without a name of his own is called by what he signs in with. */
function nameOf(user: Parse.User, factors: Account['factors']): string {
  const address = factors['emailLogin']?.destination ?? factors['phoneLogin']?.destination;
  return address ?? String(user.get('username') ?? 'You');
}

async function lookUp(): Promise<Account | null> {
  const user = await Parse.User.currentAsync();
  if (user === null || user.id === undefined) return null;
  const factors = await client.enrolled();
  return { id: user.id, name: nameOf(user, factors), factors };
}

/** Knows who is signed in. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [account, setAccount] = useState<Account | null>();
  const [fault, setFault] = useState<unknown>();
  const end = (): void => {
    setAccount(null);
    // The server has ended the session already, or does not answer: what this browser keeps of it goes all the same.
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
      // The SDK forgets the session before it tells the server.
      setAccount(null);
    }
  };
  useEffect(() => {
    refresh().catch(setFault);
  }, []);
  return <SessionContext value={{ account, fault, refresh, signOut, end }}>{children}</SessionContext>;
}
