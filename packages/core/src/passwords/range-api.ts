import type { Clock } from '../time/clock.js';
import { TimeoutError, withTimeout } from '../time/timeout.js';
import { readReply, ReplyTooLong } from '../validation/reply-text.js';

/** How the service is asked. */
export interface RangeApiOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly cacheMs: number;
  readonly cacheSize: number;
  readonly clock: Clock;
}

/** The rests of the known hashes of one range. */
type Range = ReadonlySet<string>;

interface Cached {
  readonly range: Promise<Range>;
  readonly until: number;
}

/** A padded answer has 1000 lines of about 40 bytes. */
const MAX_BYTES = 1_048_576;
const LINE = /^([0-9A-F]{35}):([0-9]{1,12})$/i;

/** The range API of Have I Been Pwned (https://haveibeenpwned.com/API/v3#PwnedPasswords). */
export class RangeApi {
  readonly #options: RangeApiOptions;
  /** The oldest first. */
  readonly #cached = new Map<string, Cached>();

  constructor(options: RangeApiOptions) {
    this.#options = options;
  }

  /**
   * Returns the rests of all known hashes that begin with these five digits. Calls at the same moment share one request.
   *
   * @throws Error with a `code` when there is no answer in time, or none of the documented form
   */
  async find(prefix: string): Promise<Range> {
    const { clock, cacheMs, cacheSize } = this.#options;
    const cached = this.#cached.get(prefix);
    if (cached !== undefined && clock() < cached.until) return cached.range;
    this.#cached.delete(prefix);
    const range = this.#ask(prefix);
    const entry = { range, until: clock() + cacheMs };
    if (cacheSize > 0) this.#cached.set(prefix, entry);
    for (const oldest of this.#cached.keys()) if (this.#cached.size > cacheSize) this.#cached.delete(oldest);
    try {
      return await range;
    } catch (fault) {
      if (this.#cached.get(prefix) === entry) this.#cached.delete(prefix);
      throw fault;
    }
  }

  async #ask(prefix: string): Promise<Range> {
    const { url, timeoutMs } = this.#options;
    try {
      return await withTimeout(timeoutMs, (signal) => fetchRange(`${url.replace(/\/+$/, '')}/range/${prefix}`, signal));
    } catch (fault) {
      if (fault instanceof RangeFault) throw fault;
      if (fault instanceof ReplyTooLong) throw new RangeFault(fault.code);
      throw new RangeFault(fault instanceof TimeoutError ? 'timeout' : 'connection_failed');
    }
  }
}

async function fetchRange(url: string, signal: AbortSignal): Promise<Range> {
  const response = await fetch(url, {
    headers: { 'Add-Padding': 'true', 'User-Agent': 'parse-factors' },
    redirect: 'error',
    signal,
  });
  if (response.status === 200) return readRange(await readReply(response, MAX_BYTES));
  await response.body?.cancel();
  throw new RangeFault(`http_${response.status}`);
}

/** The service could not be asked. */
class RangeFault extends Error {
  override readonly name = 'RangeFault';
  readonly code: string;

  constructor(code: string) {
    super('The service for breached passwords did not answer as documented.');
    this.code = code;
  }
}

/** Reads an answer. Lines with the count 0 are padding. Every range has known hashes, so an answer without one is wrong. */
function readRange(text: string): Range {
  const range = new Set<string>();
  for (const line of text.split('\n')) {
    const written = line.trim();
    if (written === '') continue;
    const [, rest, count] = LINE.exec(written) ?? [];
    if (rest === undefined) throw new RangeFault('reply_malformed');
    if (Number(count) > 0) range.add(rest.toUpperCase());
  }
  if (range.size === 0) throw new RangeFault('reply_malformed');
  return range;
}
