import { createRequire } from 'node:module';
import { requireParseServer } from './parse-server-home.js';

interface Passwords {
  hash(password: string): Promise<string>;
  /** What Parse Server 9 compares with where there is no user, so that the answer takes as long. */
  dummyHash?: string;
}

const requireHere = createRequire(requireParseServer.resolve('parse-server/lib/password.js'));
const passwords = requireHere('./password.js') as Passwords;
const bcrypt = requireHere('@node-rs/bcrypt') as { hash(password: string, cost: number): Promise<string> };

// Vitest's set-up of files that start Parse Servers. Hashing and comparing passwords is a third of what they cost; at
// bcrypt's least cost, 4 in place of 10, it takes a 64th. Parse Servers in processes of their own, such as the
// example's, are as ever.
passwords.hash = (password) => bcrypt.hash(password, 4);
if (passwords.dummyHash !== undefined) passwords.dummyHash = await passwords.hash('nobody');
