import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PasswordCheck, PasswordContext } from '../src/account/password-check.js';
import { FactorConfigError } from '../src/error/config-error.js';
import { breachedPasswordFile } from '../src/passwords/password-file.js';

const context: PasswordContext = { user: undefined, hasMasterKey: false, ip: undefined, headers: {}, installationId: undefined };
const hash = (word: string): string => createHash('sha1').update(word).digest('hex').toUpperCase();
const words = (count: number): string[] => Array.from({ length: count }, (_, index) => `word ${index}`);
const sorted = (list: readonly string[], count: (index: number) => string = String): string[] =>
  list
    .map(hash)
    .toSorted()
    .map((each, index) => `${each}:${count(index + 1)}`);

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'passwords-'))));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileOf(text: string): string {
  const path = join(folder, `${(files += 1)}.txt`);
  writeFileSync(path, text);
  return path;
}
const accepts = async (check: PasswordCheck, word: string): Promise<unknown> => check(word, context);

describe('a file of breached passwords', () => {
  it.each([1, 2, 3, 79, 80, 81, 500])('finds each of %i hashes, and no others', async (count) => {
    const list = words(count);
    for (const end of ['\n', '\r\n']) {
      for (const tail of ['', end]) {
        const check = breachedPasswordFile({ path: fileOf(sorted(list).join(end) + tail) });
        const found = await Promise.all(list.slice(0, 100).map((word) => accepts(check, word)));
        expect(new Set(found)).toEqual(new Set([false]));
        for (const other of ['', 'another', 'word', 'word 99999']) expect(await accepts(check, other)).toBe(true);
      }
    }
  });

  it('finds the first and the last hash of a long file, and some between', async () => {
    const list = words(2000);
    const check = breachedPasswordFile({ path: fileOf(sorted(list, (index) => String(index ** 2)).join('\n')) });
    const hashes = list.map((word) => [hash(word), word] as const).toSorted(([one], [other]) => (one < other ? -1 : 1));
    for (const [index, [, word]] of hashes.entries())
      if (index % 100 === 0 || index === hashes.length - 1) expect(await accepts(check, word)).toBe(false);
    for (const word of words(20).map((each) => `no ${each}`)) expect(await accepts(check, word)).toBe(true);
  });

  it('may have hashes in lower case and no counts, and leaves out padding with the count 0', async () => {
    const plain = breachedPasswordFile({ path: fileOf(words(3).map(hash).toSorted().join('\n').toLowerCase()) });
    expect(await accepts(plain, 'word 1')).toBe(false);
    const padded = breachedPasswordFile({ path: fileOf(sorted(words(3), () => '0').join('\r\n')) });
    expect(await accepts(padded, 'word 1')).toBe(true);
  });

  it('is used anew once another file has taken its place, and refuses for now while it is missing or malformed', async () => {
    const path = fileOf(sorted(['old']).join('\n'));
    const check = breachedPasswordFile({ path });
    expect(await accepts(check, 'new')).toBe(true);
    renameSync(fileOf(sorted(['new']).join('\n')), path);
    expect(await accepts(check, 'new')).toBe(false);
    writeFileSync(path, 'x'.repeat(10_000));
    await expect(accepts(check, 'new')).rejects.toThrow('malformed');
    rmSync(path);
    await expect(accepts(check, 'new')).rejects.toThrow('ENOENT');
  });

  it.each([
    ['is not there', join(tmpdir(), 'there is no such file')],
    ['is a folder', tmpdir()],
  ])('must be one: %s', (_what, path) => {
    expect(() => breachedPasswordFile({ path })).toThrow(FactorConfigError);
    expect(() => breachedPasswordFile({ path })).toThrow('it cannot be read');
  });

  it.each([
    ['is empty', '', 'does not begin with such lines'],
    ['has plain words', 'password\n123456\n', 'does not begin with such lines'],
    ['has other hashes', `${'0'.repeat(32)}\n`, 'does not begin with such lines'],
    ['is not sorted', sorted(words(9)).toReversed().join('\n'), 'it is not sorted'],
    ['is sorted by count', ['F', 'A'].map((digit, index) => `${digit.repeat(40)}:${index}`).join('\n'), 'it is not sorted'],
  ])('is refused if it %s', (_what, text, message) => {
    const path = fileOf(text);
    expect(() => breachedPasswordFile({ path })).toThrow(FactorConfigError);
    expect(() => breachedPasswordFile({ path })).toThrow(message);
  });
});
