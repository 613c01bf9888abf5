import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/**
 * Returns the master key: from the environment, or asked for on the terminal. Never from an argument, which other users of the
 * machine can read.
 *
 * @throws Error without one
 */
export async function readMasterKey(): Promise<string> {
  const { PARSE_SERVER_MASTER_KEY: stored = '' } = process.env;
  const masterKey = stored === '' ? await askMasterKey() : stored;
  // The fault of such a request would repeat the key.
  if (!/^[\x20-\x7e]+$/.test(masterKey)) throw new Error('The master key may have ASCII characters only, and no line breaks.');
  return masterKey;
}

/** Asks for the master key on the terminal, without showing what is typed. */
async function askMasterKey(): Promise<string> {
  if (!process.stdin.isTTY) throw new Error('PARSE_SERVER_MASTER_KEY is not set.');
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nothing, terminal: true });
  process.stderr.write('Master key: '); // printed last, when typed characters are already hidden
  try {
    const ended = new Promise<never>((_resolve, reject) => {
      terminal.once('close', () => reject(new Error('No master key was given.')));
    });
    const masterKey = (await Promise.race([terminal.question(''), ended])).trim();
    if (masterKey === '') throw new Error('No master key was given.');
    return masterKey;
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
