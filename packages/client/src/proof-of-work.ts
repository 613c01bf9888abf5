import { FactorClientError } from './factor-client-error.js';
import { findNonce, sha256 } from './find-nonce.js';
import type { ParseSdk, SdkUser } from './parse-sdk.js';
import { asFields, sender, type Checks } from './wire.js';

/** Options of {@link proofOfWork}. */
export interface ProofOfWorkOptions {
  /** The keys of the factors that ask for a proof. For all other keys there are no headers. */
  readonly keys: readonly string[];
  /** Stops the work. The method that needs it then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Whether to work in a Worker, where there is one. Default: true. Without it, the work is done in short slices between which the
   * page reacts. Set it to false if your Content-Security-Policy allows no `worker-src blob:`, so that browsers report nothing.
   */
  readonly worker?: boolean;
}

/** What the Cloud function `factorsProofOfWork` returns. */
export interface WorkToDo {
  readonly challenge: string;
  /** Zero bits that the SHA-256 of the solution begins with: 1 to 32. */
  readonly bits: string;
}

/** The part of a browser's Worker that is used here. Not every platform has one. */
interface Helper {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: { preventDefault(): void }) => void): void;
  postMessage(message: unknown): void;
  terminate(): void;
}

/** How long a slice of the work keeps the thread busy, in milliseconds: less than one frame. */
const SLICE_MS = 10;
const TRIES = 500;

/**
 * Returns the option `checks` of `createFactorClient` for factors with `proofOfWork()`. Before a message it asks the server for a
 * challenge and solves it: in a Worker, or in short slices if there is none. If the server asks for no proof, it sends none: so
 * clients can be updated before the server.
 */
export const proofOfWork =
  <User extends SdkUser>(sdk: ParseSdk<User>, { keys, ...options }: ProofOfWorkOptions): Checks =>
  async (key) => {
    if (!keys.includes(key)) return {};
    const reply = await sender(sdk)('POST', 'functions/factorsProofOfWork', { factor: key }).catch(unlessUnasked);
    if (reply === undefined) return {};
    const { challenge, bits, header } = asFields(reply['result']);
    const work = { challenge: String(challenge), bits: String(bits) };
    return { [String(header)]: await solveProofOfWork(work, options) };
  };

/** Resolves if the server asks for no proof: for that factor, or for any. */
function unlessUnasked(fault: unknown): undefined {
  const { slug, message } = fault as Partial<FactorClientError>;
  if (slug === 'invalid_input' || message?.startsWith('Invalid function')) return undefined;
  throw fault;
}

/** No work fits anything else, and the search for it would not end. */
const isWork = ({ challenge, bits }: WorkToDo): boolean =>
  /^[!-~]{1,1000}$/.test(challenge) && /^(?:[1-9]|[12]\d|3[0-2])$/.test(bits);

/**
 * Solves a challenge of the server.
 * @returns the value of the header
 * @throws FactorClientError `unavailable` for what is no challenge, such as the reply of a proxy
 */
export async function solveProofOfWork(
  { challenge, bits }: WorkToDo,
  { signal, worker = true }: Omit<ProofOfWorkOptions, 'keys'> = {},
): Promise<string> {
  if (!isWork({ challenge, bits })) throw new FactorClientError('unavailable', 'unavailable: The server sent no challenge.');
  const text = `${challenge}.`;
  const inWorker = worker ? await workerResult(text, Number(bits), signal) : undefined;
  return text + String(inWorker ?? (await solveInSlices(text, Number(bits), signal)));
}

/** Solves it in a Worker. Undefined if there is none, or the page's Content-Security-Policy forbids it. */
async function workerResult(text: string, bits: number, signal: AbortSignal | undefined): Promise<number | undefined> {
  const { Worker } = globalThis as unknown as { readonly Worker?: new (url: string) => Helper };
  if (Worker === undefined || typeof Blob !== 'function') return undefined;
  const { rounds, start, compress } = sha256();
  const source = `const compress=${compress.toString()},find=${findNonce.toString()};onmessage=({data:[rounds,start,text,bits]})=>{let from=0,found=-1;for(;found<0;from+=1e5)found=find({rounds,start,compress},text,bits,[from,1e5]);postMessage(found)}`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  let stop: (() => void) | undefined;
  try {
    return await new Promise<number | undefined>((resolve, reject) => {
      const worker = new Worker(url);
      const onAbort = (): void => reject(reasonOf(signal));
      stop = () => {
        worker.terminate();
        signal?.removeEventListener('abort', onAbort);
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort);
      worker.addEventListener('message', ({ data }) => resolve(Number(data)));
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        resolve(undefined);
      });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a Worker has no origin
      worker.postMessage([rounds, start, text, bits]);
    });
  } catch (fault) {
    if (signal?.aborted) throw fault;
    return undefined;
  } finally {
    stop?.();
    URL.revokeObjectURL(url);
  }
}

async function solveInSlices(text: string, bits: number, signal: AbortSignal | undefined): Promise<number> {
  const sha = sha256();
  for (let from = 0; ;) {
    const end = Date.now() + SLICE_MS;
    if (signal?.aborted) throw reasonOf(signal);
    do {
      const found = findNonce(sha, text, bits, [from, TRIES]);
      if (found >= 0) return found;
      from += TRIES;
    } while (Date.now() < end);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** The signals of some platforms have no reason. */
const reasonOf = (signal: AbortSignal | undefined): Error =>
  (signal?.reason as Error | undefined) ?? Object.assign(new Error('The work was stopped.'), { name: 'AbortError' });
