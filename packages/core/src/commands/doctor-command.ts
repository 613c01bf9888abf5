import { parseArgs } from 'node:util';
import { asObject } from '../validation/json-object.js';
import { AnsweredError, callFunction, type CalledServer, functionsUrl, plainly } from './call-function.js';
import { readMasterKey } from './master-key.js';

/** The help text of `parse-factors doctor`. */
export const DOCTOR_USAGE = `parse-factors doctor --server-url <url> --app-id <id> [--json] [--allow <reason,…>]

Asks a running server what is wrong with its factors, and prints it: the worst first, with what to do. Prints
nothing when all is well. It calls the Cloud function factorsCheck, which install(Parse) defines. The server then tries
to reach the providers of its channels, and sends no message.

  --server-url <url>    https://, or http:// for this machine. Use the address that your clients use
  --app-id <id>         the application's id
  --json                print the whole report as JSON
  --allow <reason,…>    findings that you have decided to live with, such as client_classes_allowed

It exits with status 0 when all is well, 1 when something is wrong, 2 when the server cannot be asked. The master
key comes from PARSE_SERVER_MASTER_KEY. Without it, the command asks for it on the terminal.`;

const OPTIONS = {
  'server-url': { type: 'string' },
  'app-id': { type: 'string' },
  allow: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** How far this machine's clock may be from the server's, in milliseconds, besides the time of the request. */
const MAX_CLOCK_MS = 10_000;
/** Parse Server's error for a Cloud function that it does not have. */
const NO_FUNCTION = 141;

interface DoctorFinding {
  readonly level: string;
  readonly reason: string;
  readonly factor: string;
  readonly sentence: string;
}

const HEADINGS: Readonly<Record<string, string>> = {
  unprotected: 'Factors protect less than they should:',
  broken: 'Users cannot log in, or logins slow down:',
  advice: 'Before real users come:',
};

const OTHER_HEADING = 'Of a kind that this version of the command does not know. Update @parse-factors/core here:';

/** Runs `parse-factors doctor`. Never rejects. Sets the exit status of the process. */
export async function runDoctor(args: readonly string[]): Promise<void> {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { 'server-url': serverUrl, 'app-id': appId, allow, json, help } = values;
    if (help || serverUrl === undefined || appId === undefined) {
      process.stderr.write(`${DOCTOR_USAGE}\n`);
      process.exitCode = help ? 0 : 2;
      return;
    }
    functionsUrl(serverUrl); // refuse a wrong URL before asking for the key
    const report = await ask({ serverUrl, appId, masterKey: await readMasterKey() });
    const accepted = allow.split(',').filter((reason) => reason !== '');
    const findings = report.findings.filter(({ reason }) => !accepted.includes(reason));
    process.stdout.write(json ? `${JSON.stringify({ ...report, findings }, undefined, 2)}\n` : textOf(findings));
    process.exitCode = findings.length === 0 ? 0 : 1;
  } catch (fault) {
    process.stderr.write(`${fault instanceof Error ? fault.message : 'unknown fault'}\n`);
    process.exitCode = 2;
  }
}

interface Report extends Readonly<Record<string, unknown>> {
  readonly findings: readonly DoctorFinding[];
}

/** @throws Error if the server cannot be asked */
async function ask(server: CalledServer): Promise<Report> {
  const asked = Date.now();
  const report = plainly(await callCheck(server)) as Readonly<Record<string, unknown>>;
  const findings = readFindings(report['findings']);
  return { ...report, findings: [...clockOf(report['at'], asked), ...findings] };
}

async function callCheck(server: CalledServer): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await callFunction('factorsCheck', server, {});
  } catch (fault) {
    const isUnknown = fault instanceof AnsweredError && fault.code === NO_FUNCTION && fault.message.includes('Invalid function');
    if (!isUnknown) throw fault;
    return { findings: [NOT_INSTALLED] };
  }
}

/** The server knows of no check: nothing has installed the guard, or it is older than this command. */
const NOT_INSTALLED: DoctorFinding = {
  level: 'unprotected',
  reason: 'guard_not_installed',
  factor: '',
  sentence:
    'The server has no Cloud function factorsCheck. Without the guard, any session can remove factors. Call factors.install(Parse) in Cloud Code, or update @parse-factors/core.',
};

/** Compares the clock of this machine with the server's, which must lie between the request and its answer. */
function clockOf(at: unknown, asked: number): readonly DoctorFinding[] {
  if (typeof at !== 'number' || !Number.isFinite(at)) return [];
  const apart = Math.max(asked - at, at - Date.now());
  if (apart <= MAX_CLOCK_MS) return [];
  const sentence = `The clocks of this machine and of the server differ by ${Math.round(apart / 1000)} seconds. Check which one is wrong, and sync it with NTP.`;
  return [{ level: 'broken', reason: 'clocks_differ', factor: '', sentence }];
}

/** @throws Error for an answer of another form */
function readFindings(found: unknown): readonly DoctorFinding[] {
  const isText = (value: unknown): value is string => typeof value === 'string';
  const list = Array.isArray(found) ? found.map((each: unknown) => asObject(each)) : undefined;
  const read = list?.flatMap((each) => {
    const { level, reason, factor, sentence } = each ?? {};
    return isText(level) && isText(reason) && isText(factor) && isText(sentence) ? [{ level, reason, factor, sentence }] : [];
  });
  if (read === undefined || read.length !== list?.length)
    throw new Error('The server answered with something that is no report.');
  return read;
}

function textOf(findings: readonly DoctorFinding[]): string {
  const known = Object.entries(HEADINGS).map(([level, heading]) =>
    partOf(
      heading,
      findings.filter((one) => one.level === level),
    ),
  );
  // A newer server may have levels that this command does not know. Nothing that it has found may be left out.
  const others = partOf(
    OTHER_HEADING,
    findings.filter(({ level }) => !Object.hasOwn(HEADINGS, level)),
  );
  const parts = [...known, others].filter((part) => part !== '');
  return parts.length === 0 ? '' : `${parts.join('\n\n')}\n`;
}

function partOf(heading: string, findings: readonly DoctorFinding[]): string {
  const lines = findings.map(({ reason, sentence }) => `- ${reason}: ${sentence}`);
  return lines.length === 0 ? '' : [heading, ...lines].join('\n');
}
