import { type FileHandle, open } from 'node:fs/promises';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { PasswordCheck } from '../account/password-check.js';
import { FactorConfigError } from '../error/config-error.js';
import { patternOption, resolveOptions } from '../validation/options.js';
import { sha1 } from './sha1.js';

/** Options of {@link breachedPasswordFile}. */
export interface BreachedPasswordFileOptions {
  /**
   * The path of a text file with one SHA-1 hash in each line, sorted, as Have I Been Pwned's downloader writes it in one file: 40
   * hexadecimal digits, and a count after a colon if you like.
   */
  readonly path: string;
}

const LINE = /^([0-9A-F]{40})(?::([0-9]{1,12}))?$/i;

/** Bytes that are read at a time, at least one line. */
const BLOCK = 4096;
const MAX_LINE = 64;

/**
 * Refuses passwords whose SHA-1 hash is in a file, for the option `passwordCheck`. Nothing leaves the server.
 *
 * The file is searched on disk, not loaded: the whole list of Have I Been Pwned has about 40 GB and is searched with about 25 reads.
 * You can replace the file by another one while the server runs, by renaming. While it is missing or malformed, new passwords
 * are refused with `unavailable`.
 *
 * @throws FactorConfigError when the file does not exist, or does not begin with sorted hashes
 */
export function breachedPasswordFile(options: BreachedPasswordFileOptions): PasswordCheck {
  const { path } = resolveOptions<BreachedPasswordFileOptions>('breachedPasswordFile', options, {
    path: patternOption(/^[^\0]{1,4096}$/, 'the path of a file'),
  });
  assertSorted(path);
  return async (password) => {
    const file = await open(path, 'r');
    try {
      return !(await holds(file, sha1(password)));
    } finally {
      await file.close();
    }
  };
}

/** Whether a line names the hash. The list may have padding, whose count is 0. */
async function holds(file: FileHandle, hash: string): Promise<boolean> {
  // The line, if there is one, begins in [from, to]; `from` is the beginning of a line.
  let [from, to] = [0, (await file.stat()).size];
  while (to - from > BLOCK) {
    const middle = Math.floor((from + to) / 2);
    const text = await readAt(file, middle, 2 * MAX_LINE + 2);
    const begins = text.indexOf('\n') + 1;
    const line = text.slice(begins, text.indexOf('\n', begins));
    if (begins === 0 || begins > MAX_LINE || text.indexOf('\n', begins) < 0) throw malformed();
    if (hashOf(line) <= hash) from = middle + begins;
    else to = middle;
  }
  const lines = (await readAt(file, from, to - from + MAX_LINE)).split('\n');
  return lines.some((line) => line.slice(0, hash.length).toUpperCase() === hash && !/^:0+\s*$/.test(line.slice(hash.length)));
}

async function readAt(file: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.toString('latin1', 0, bytesRead);
}

function hashOf(line: string): string {
  const [, hash] = LINE.exec(line.trim()) ?? [];
  if (hash === undefined) throw malformed();
  return hash.toUpperCase();
}

const malformed = (): Error => Object.assign(new Error('The list of passwords is malformed.'), { code: 'list_malformed' });

/** Checks the beginning of the file. @throws FactorConfigError */
function assertSorted(path: string): void {
  const refuse = (why: string): FactorConfigError =>
    new FactorConfigError(`breachedPasswordFile: option "path" must name a file of sorted SHA-1 hashes, one a line; ${why}`);
  const lines = firstLines(path, refuse);
  const hashes = lines.map((line) => LINE.exec(line.trim())?.[1]?.toUpperCase());
  if (hashes.length === 0 || hashes.includes(undefined)) throw refuse('it does not begin with such lines');
  if (hashes.some((hash, index) => index > 0 && String(hash) < String(hashes[index - 1]))) throw refuse('it is not sorted');
}

/** The first whole lines of a file, or its only one. */
function firstLines(path: string, refuse: (why: string) => FactorConfigError): readonly string[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    throw refuse('it cannot be read');
  }
  try {
    const { size } = fstatSync(file);
    const read = Buffer.alloc(Math.min(size, BLOCK));
    readSync(file, read, 0, read.length, 0);
    const lines = read.toString('latin1').split('\n');
    return (size > BLOCK ? lines.slice(0, -1) : lines).filter((line) => line.trim() !== '');
  } catch {
    throw refuse('it cannot be read');
  } finally {
    closeSync(file);
  }
}
