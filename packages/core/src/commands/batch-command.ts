import { parseArgs } from 'node:util';
import type { BatchReport } from '../flows/administration/user-batch.js';
import type { Clock } from '../time/clock.js';
import { callFunction, type CalledServer, functionsUrl, plain, plainly } from './call-function.js';
import { readMasterKey } from './master-key.js';

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
  /** The time in epoch milliseconds, for the rate; the machine's time by default. */
  readonly clock?: Clock;
}

/** The server to call, and the parameters of the calls. */
export interface BatchRun extends CalledServer {
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
  return { serverUrl, appId, masterKey: await readMasterKey(), limit: Number(batch), apply, after };
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
    const { limit, apply } = run;
    const report = await callFunction(functionName, run, { limit, apply, ...(after !== '' && { after }) });
    after = typeof report['next'] === 'string' ? report['next'] : undefined;
    yield plainly(report) as Report;
    // The caller has printed the report by now. Before that, the next run must still repeat this batch.
    if (after !== undefined) onNext(after);
  } while (after !== undefined);
}
