import { Writable } from 'node:stream';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import type { BatchReport } from '../flows/administration/user-batch.js';
import { asObject } from '../validation/json-object.js';

/** A command of an administrator that calls a Cloud function for one batch of users after the other. */
export interface BatchCommand<Report extends BatchReport> {
  /** Shown for `--help`, and where the arguments are wrong. It ends with what {@link BATCH_USAGE} says. */
  readonly usage: string;
  /** The Cloud function. It takes `after`, `limit` and `apply`. */
  readonly functionName: string;
  /**
   * Takes the reports of all batches, and prints what they say.
   *
   * @param reports in them, nothing is left that a terminal obeys
   * @returns whether all is well
   */
  readonly work: (reports: AsyncIterable<Report>, output: BatchOutput) => Promise<boolean>;
}

/** What a command prints, and what it was told to do. */
export interface BatchOutput {
  /** Whether anything is written. */
  readonly apply: boolean;
  /** Prints a line. */
  readonly print: (line: string) => void;
}

/** Which server is called, and how. */
export interface BatchRun {
  readonly serverUrl: string;
  readonly appId: string;
  readonly masterKey: string;
  /** Users of one batch. */
  readonly limit: number;
  /** Whether anything is written. */
  readonly apply: boolean;
  /** The id of the user after whom the first batch begins; empty for the first one. */
  readonly after: string;
}

const OPTIONS = {
  'server-url': { type: 'string' },
  'app-id': { type: 'string' },
  after: { type: 'string', default: '' },
  batch: { type: 'string', default: '100' },
  apply: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** What the usage of every {@link BatchCommand} says of its arguments. */
export const BATCH_USAGE = `  --server-url <url>    https://, or http:// for this machine
  --app-id <id>         the application's id
  --apply               writes; without it nothing is written
  --after <id>          goes on after the user with this id
  --batch <1 to 1000>   users of one batch, 100 by default

The master key is taken from PARSE_SERVER_MASTER_KEY, or asked for on a terminal.`;

/**
 * Runs a command: reads its arguments, asks for the master key, and calls the server batch by batch. Sets the status of the
 * process: 0 when all is well, 1 when something was left, 2 when it could not run to its end. Never rejects.
 */
export async function runBatchCommand<Report extends BatchReport>(
  command: BatchCommand<Report>,
  given: readonly string[],
): Promise<void> {
  let next = '';
  try {
    const run = await readArguments(given);
    if (run === undefined || run === 'help') {
      process.stderr.write(`${command.usage}\n`);
      process.exitCode = run === undefined ? 2 : 0;
      return;
    }
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    const reports = callBatches<Report>(command.functionName, run, (id) => (next = id));
    process.exitCode = (await command.work(reports, { apply: run.apply, print })) ? 0 : 1;
  } catch (fault) {
    process.stderr.write(`${fault instanceof Error ? fault.message : 'unknown fault'}\n`);
    if (next !== '') process.stderr.write(`Go on with --after ${plain(next)}\n`);
    process.exitCode = 2;
  }
}

/** @throws Error for arguments that there are none of, an unsound URL, or no master key */
async function readArguments(given: readonly string[]): Promise<BatchRun | 'help' | undefined> {
  const { values } = parseArgs({ args: [...given], options: OPTIONS });
  const { 'server-url': serverUrl, 'app-id': appId, after, batch, apply, help } = values;
  if (help) return 'help';
  if (serverUrl === undefined || appId === undefined || !/^(?:[1-9][0-9]{0,2}|1000)$/.test(batch)) return undefined;
  functionsUrl(serverUrl); // before anybody is asked for the key
  const { PARSE_SERVER_MASTER_KEY: stored = '' } = process.env;
  return { serverUrl, appId, masterKey: stored === '' ? await askMasterKey() : stored, limit: Number(batch), apply, after };
}

/**
 * The reports of a Cloud function, batch by batch.
 *
 * @param onNext is told where the next batch begins
 * @throws Error for a URL that {@link functionsUrl} refuses, or what a server answered in the place of a report
 */
export async function* callBatches<Report extends BatchReport>(
  functionName: string,
  run: BatchRun,
  onNext: (id: string) => unknown = () => undefined,
): AsyncGenerator<Report, void, void> {
  let after: string | undefined = run.after;
  do {
    const report = await callBatch(functionName, { ...run, after });
    after = typeof report['next'] === 'string' ? report['next'] : undefined;
    yield plainly(report) as Report;
    // Not before what the report says has been printed.
    if (after !== undefined) onNext(after);
  } while (after !== undefined);
}

async function callBatch(functionName: string, run: BatchRun): Promise<Readonly<Record<string, unknown>>> {
  const { serverUrl, appId, masterKey, limit, apply, after } = run;
  const response = await fetch(`${functionsUrl(serverUrl)}/${functionName}`, {
    method: 'POST',
    redirect: 'error', // the master key goes nowhere else
    headers: { 'Content-Type': 'application/json', 'X-Parse-Application-Id': appId, 'X-Parse-Master-Key': masterKey },
    body: JSON.stringify({ limit, apply, ...(after !== '' && { after }) }),
  }).catch((fault: { readonly cause?: { readonly code?: unknown; readonly message?: unknown } }) => {
    throw new Error(`The server gives no answer: ${plain(String(fault.cause?.code ?? fault.cause?.message))}`, { cause: fault });
  });
  const body: unknown = await response.json().catch(() => undefined);
  const result = asObject(asObject(body)?.['result']);
  if (response.ok && result !== undefined) return result;
  const error = asObject(body)?.['error'];
  throw new Error(
    `The server answered ${response.status}: ${typeof error === 'string' ? plain(error) : 'nothing that can be read'}`,
  );
}

/**
 * The functions of a server, which get the master key.
 *
 * @throws Error for a URL that is not https, but for this machine's own, or that has credentials; it is not repeated
 */
export function functionsUrl(serverUrl: string): string {
  const url = URL.canParse(serverUrl) ? new URL(serverUrl) : undefined;
  const isLocal = url !== undefined && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  const isSound = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal);
  if (url === undefined || !isSound || url.username !== '' || url.password !== '') {
    throw new Error('--server-url must be a URL that begins with https://, or http:// for this machine, without credentials.');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/functions`;
}

/** What a server says, on a terminal: ids, keys and words, and nothing that a terminal obeys. */
const plain = (text: string): string => text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');

/** The same with every text in it, names of fields too, made {@link plain}. */
function plainly(value: unknown): unknown {
  if (typeof value === 'string') return plain(value);
  if (Array.isArray(value)) return value.map(plainly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [plain(name), plainly(content)]));
}

/** Asks on the terminal, and shows nothing of what is typed. */
async function askMasterKey(): Promise<string> {
  if (!process.stdin.isTTY) throw new Error('PARSE_SERVER_MASTER_KEY is not set.');
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nothing, terminal: true });
  process.stderr.write('Master key: '); // not before what is typed is hidden
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
