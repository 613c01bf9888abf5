import { Writable } from 'node:stream';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import type { BatchReport } from '../flows/administration/user-batch.js';
import { asObject } from '../validation/json-object.js';

/** A command for administrators that calls a Cloud function for one batch of users after another. */
export interface BatchCommand<Report extends BatchReport> {
  /** The help text, printed for `--help` and for wrong arguments. It ends with {@link BATCH_USAGE}. */
  readonly usage: string;
  /** The name of the Cloud function. It takes `after`, `limit` and `apply`. */
  readonly functionName: string;
  /**
   * Reads the reports of all batches and prints them.
   *
   * @param reports their texts hold no control characters, so printing them cannot send commands to a terminal
   * @returns true when nothing needs attention; it decides the exit status
   */
  readonly work: (reports: AsyncIterable<Report>, output: BatchOutput) => Promise<boolean>;
}

/** How a command prints, and whether it writes. */
export interface BatchOutput {
  /** Whether the command writes; otherwise it is a dry run. */
  readonly apply: boolean;
  /** Prints one line to the standard output. */
  readonly print: (line: string) => void;
}

/** The server to call, and the parameters of the calls. */
export interface BatchRun {
  readonly serverUrl: string;
  readonly appId: string;
  readonly masterKey: string;
  /** How many users one batch has, 1 to 1000. */
  readonly limit: number;
  /** Whether the command writes; otherwise it is a dry run. */
  readonly apply: boolean;
  /** The `objectId` of the user before the first batch; an empty string begins with the first user. */
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

/** The part of the help text that every {@link BatchCommand} shares. */
export const BATCH_USAGE = `  --server-url <url>    https://, or http:// for this machine
  --app-id <id>         the application's id
  --apply               write the changes; without it the command is a dry run
  --after <id>          continue after the user with this id
  --batch <1 to 1000>   users per batch; 100 by default

The master key comes from PARSE_SERVER_MASTER_KEY. Without it, the command asks for it on the terminal.`;

/**
 * Runs a command: reads its arguments, asks for the master key, and calls the server batch by batch. Never rejects.
 *
 * It sets the exit status of the process: 0 when all is well, 1 when a record was left, 2 when the run did not finish.
 */
export async function runBatchCommand<Report extends BatchReport>(
  command: BatchCommand<Report>,
  args: readonly string[],
): Promise<void> {
  let next = '';
  try {
    const run = await readArguments(args);
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
    if (next !== '') process.stderr.write(`Continue with --after ${plain(next)}\n`);
    process.exitCode = 2;
  }
}

/** @throws Error for unknown arguments, a URL that {@link functionsUrl} refuses, or a missing master key */
async function readArguments(args: readonly string[]): Promise<BatchRun | 'help' | undefined> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { 'server-url': serverUrl, 'app-id': appId, after, batch, apply, help } = values;
  if (help) return 'help';
  if (serverUrl === undefined || appId === undefined || !/^(?:[1-9][0-9]{0,2}|1000)$/.test(batch)) return undefined;
  functionsUrl(serverUrl); // refuse a wrong URL before asking for the key
  const { PARSE_SERVER_MASTER_KEY: stored = '' } = process.env;
  return { serverUrl, appId, masterKey: stored === '' ? await askMasterKey() : stored, limit: Number(batch), apply, after };
}

/**
 * Yields the reports of a Cloud function, batch by batch.
 *
 * @param onNext called with the id that the next batch begins after
 * @throws Error for a URL that {@link functionsUrl} refuses, or when the server answers with an error
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
    // The caller has printed the report by now. Before that, the next run must still repeat this batch.
    if (after !== undefined) onNext(after);
  } while (after !== undefined);
}

async function callBatch(functionName: string, run: BatchRun): Promise<Readonly<Record<string, unknown>>> {
  const { serverUrl, appId, masterKey, limit, apply, after } = run;
  const response = await fetch(`${functionsUrl(serverUrl)}/${functionName}`, {
    method: 'POST',
    redirect: 'error', // a redirect must not receive the master key
    headers: { 'Content-Type': 'application/json', 'X-Parse-Application-Id': appId, 'X-Parse-Master-Key': masterKey },
    body: JSON.stringify({ limit, apply, ...(after !== '' && { after }) }),
  }).catch((fault: { readonly cause?: { readonly code?: unknown; readonly message?: unknown } }) => {
    throw new Error(`The server does not answer: ${plain(String(fault.cause?.code ?? fault.cause?.message))}`, { cause: fault });
  });
  const body: unknown = await response.json().catch(() => undefined);
  const result = asObject(asObject(body)?.['result']);
  if (response.ok && result !== undefined) return result;
  const error = asObject(body)?.['error'];
  throw new Error(`The server answered ${response.status}: ${typeof error === 'string' ? plain(error) : 'no readable error'}`);
}

/**
 * Returns the URL of a server's Cloud functions, which receive the master key.
 *
 * @throws Error unless the URL is https (or http for this machine) and has no credentials; the message does not repeat the URL
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

/** Replaces control characters in a server's text: they could send commands to the administrator's terminal. */
const plain = (text: string): string => text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');

/** Makes every text in a value {@link plain}, the names of its fields too. */
function plainly(value: unknown): unknown {
  if (typeof value === 'string') return plain(value);
  if (Array.isArray(value)) return value.map(plainly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [plain(name), plainly(content)]));
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
