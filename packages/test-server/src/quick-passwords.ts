import { createRequire } from 'node:module';
import { requireParseServer } from './parse-server-home.js';

interface Passwords {
  hash(password: string): Promise<string>;
  /**
   * The hash that Parse Server 9 compares with for unknown users, so that the reply takes equally long (user enumeration,
   * CWE-204).
   */
  dummyHash?: string;
}

const requireHere = createRequire(requireParseServer.resolve('parse-server/lib/password.js'));
const passwords = requireHere('./password.js') as Passwords;
const bcrypt = requireHere('@node-rs/bcrypt') as { hash(password: string, cost: number): Promise<string> };

// Vitest's set-up of files that start Parse Servers. Hashing and comparing passwords takes a third of their time. With bcrypt's
// lowest cost, 4 instead of 10, it takes a 64th of that. Parse Servers in other processes, such as the example's, are not
// changed.
passwords.hash = (password) => bcrypt.hash(password, 4);
if (passwords.dummyHash !== undefined) passwords.dummyHash = await passwords.hash('unknown');
