import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { FactorConfigError } from '../error/config-error.js';
import { FactorError } from '../error/factor-error.js';
import { bytesFrom, type RandomSource, systemRandom } from './random.js';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** 32 random bytes have about 30 distinct values. Typed, repeated or counted bytes have far fewer. */
const MIN_DISTINCT_BYTES = 16;
const SEAL_VERSION = '1';

const KEY_FORMAT =
  'one or more "<name>:<base64 of 32 random bytes>", newest first, separated by commas; `npx @parse-factors/core keygen` prints one';

/** The text of a sealed record. */
export interface OpenedRecord {
  /** The text that was sealed. */
  readonly plaintext: string;
  /** Whether the newest key sealed it. If not, seal it again at the next write. */
  readonly isCurrent: boolean;
}

/** Encodes parts with their lengths, so that two different lists never give the same bytes. */
const encodeParts = (parts: readonly string[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );

/** Tells whether bytes are obviously not random: too few distinct values, equal steps, repeated halves, or typed text. */
function looksPredictable(bytes: Buffer): boolean {
  const steps = new Set(bytes.subarray(1).map((byte, index) => (byte - (bytes[index] ?? 0) + 256) % 256));
  const halvesRepeat = bytes.subarray(0, KEY_BYTES / 2).equals(bytes.subarray(KEY_BYTES / 2));
  const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return new Set(bytes).size < MIN_DISTINCT_BYTES || steps.size === 1 || halvesRepeat || isText;
}

function parseKey(entry: string): [string, Buffer] {
  const [, name, encoded] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]{42,44}={0,2})$/.exec(entry) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (name === undefined || bytes.length !== KEY_BYTES) {
    throw new FactorConfigError(`option "keys" must be ${KEY_FORMAT}`);
  }
  if (looksPredictable(bytes)) {
    throw new FactorConfigError(`option "keys": key "${name}" is not random. Create a new one: npx @parse-factors/core keygen`);
  }
  return [name, bytes];
}

/**
 * The keys of an application: keyed digests for codes, and sealing for secrets. New digests and seals use the first
 * key; the other keys still verify and open what they made. Each purpose has its own subkey (HKDF-SHA-256, RFC 5869).
 */
export class Keyring {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #current: string;
  readonly #naming: string;
  readonly #random: RandomSource;
  readonly #subkeys = new Map<string, Buffer>();

  /**
   * @param keys `<name>:<base64 of 32 random bytes>`, newest first, separated by commas or white space
   * @param random the source of initialisation vectors; the system's source by default
   * @throws FactorConfigError if a key is missing, short, malformed, repeated or obviously not random
   */
  constructor(keys: string, random: RandomSource = systemRandom) {
    if (typeof keys !== 'string' || keys.trim() === '') throw new FactorConfigError(`option "keys" must be ${KEY_FORMAT}`);
    const entries = keys
      .trim()
      .split(/[\s,]+/u)
      .map(parseKey);
    this.#keys = new Map(entries);
    const distinct = new Set(entries.map(([, bytes]) => bytes.toString('base64')));
    if (this.#keys.size !== entries.length || distinct.size !== entries.length) {
      throw new FactorConfigError('option "keys" must not contain the same name or the same key twice');
    }
    this.#current = entries[0]?.[0] ?? '';
    this.#naming = entries.map(([name]) => name).toSorted()[0] ?? '';
    this.#random = random;
  }

  /** The names of the keys, newest first. */
  get names(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /**
   * Returns the name of the key that sealed a text, even if this keyring does not hold it; undefined if {@link seal}
   * did not make the text.
   */
  keyNameOf(sealed: string): string | undefined {
    return /^1\.([A-Za-z0-9_-]{1,32})\.[A-Za-z0-9_-]+$/.exec(sealed)?.[1];
  }

  /**
   * Returns a keyed digest (HMAC-SHA-256 under the current key) of the parts, as `<key name>.<base64url>`.
   *
   * @param purpose what it is for; digests of different purposes never match
   */
  digest(purpose: string, ...parts: readonly string[]): string {
    return this.#digest(this.#current, purpose, parts);
  }

  /**
   * Returns a digest for naming counters. It uses the key whose name sorts first, so it is the same on all servers
   * during a key rotation.
   */
  stableDigest(purpose: string, ...parts: readonly string[]): string {
    return this.#digest(this.#naming, purpose, parts);
  }

  /** Returns the {@link digest} under each of the keys, newest first. */
  digests(purpose: string, ...parts: readonly string[]): string[] {
    return [...this.#keys.keys()].map((keyName) => this.#digest(keyName, purpose, parts));
  }

  /** Tells whether the digest is that of the same purpose and parts, under any of the keys. Compares in constant time. */
  matches(digest: string, purpose: string, ...parts: readonly string[]): boolean {
    const { keyName, body } = splitAtDot(digest);
    if (!this.#keys.has(keyName)) return false;
    const expected = this.#mac(keyName, purpose, parts);
    const actual = Buffer.from(body, 'base64url');
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  }

  /**
   * Seals a text with AES-256-GCM under the current key.
   *
   * @param binding what the text belongs to; it opens only with exactly the same parts
   */
  seal(plaintext: string, ...binding: readonly string[]): string {
    const iv = bytesFrom(this.#random, IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#subkey(this.#current, 'seal'), iv);
    cipher.setAAD(encodeParts(binding));
    const sealed = Buffer.concat([iv, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${SEAL_VERSION}.${this.#current}.${sealed.toString('base64url')}`;
  }

  /**
   * Opens what {@link seal} made.
   *
   * @throws FactorError `unavailable` if the key is unknown, the binding differs, or the text was cut or changed: a
   *   record that does not open is never treated as "no factor". The fault event has the reason `unknown_key` or
   *   `unreadable_record`
   */
  open(sealed: string, ...binding: readonly string[]): OpenedRecord {
    const [version, keyName = '', body = ''] = sealed.split('.');
    if (version !== SEAL_VERSION || !this.#keys.has(keyName)) throw unreadable('unknown_key');
    try {
      const bytes = Buffer.from(body, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', this.#subkey(keyName, 'seal'), bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(encodeParts(binding));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const plaintext = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
      return { plaintext: plaintext.toString('utf8'), isCurrent: keyName === this.#current };
    } catch {
      throw unreadable('unreadable_record');
    }
  }

  #digest(keyName: string, purpose: string, parts: readonly string[]): string {
    return `${keyName}.${this.#mac(keyName, purpose, parts).toString('base64url')}`;
  }

  #mac(keyName: string, purpose: string, parts: readonly string[]): Buffer {
    return createHmac('sha256', this.#subkey(keyName, `digest:${purpose}`))
      .update(encodeParts(parts))
      .digest();
  }

  #subkey(keyName: string, purpose: string): Buffer {
    const cacheKey = `${keyName} ${purpose}`;
    const cached = this.#subkeys.get(cacheKey);
    if (cached !== undefined) return cached;
    const key = this.#keys.get(keyName);
    if (key === undefined) throw new FactorError('unavailable');
    const subkey = Buffer.from(hkdfSync('sha256', key, 'parse-factors', purpose, KEY_BYTES));
    this.#subkeys.set(cacheKey, subkey);
    return subkey;
  }
}

const unreadable = (code: 'unknown_key' | 'unreadable_record'): FactorError =>
  new FactorError('unavailable', { cause: Object.assign(new Error(code), { code }) });

function splitAtDot(digest: string): { keyName: string; body: string } {
  const dot = digest.indexOf('.');
  return { keyName: digest.slice(0, Math.max(dot, 0)), body: digest.slice(dot + 1) };
}

/**
 * Generates a new key, to be put first in `keys`.
 *
 * @param name the key's name; the command-line tool uses the month, such as `2026-11`
 */
export function generateKey(name: string, random: RandomSource = systemRandom): string {
  return `${name}:${bytesFrom(random, KEY_BYTES).toString('base64')}`;
}
