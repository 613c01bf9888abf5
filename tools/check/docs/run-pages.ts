import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startAuthenticator } from './authenticator.js';
import type { ExampleServer } from './example-server.js';
import { difference } from './reply.js';
import type { PageScript, Part, ShownReply } from './page-script.js';
import type { Problem } from './page.js';

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const PREAMBLE = beside('run.sh');
const WITHIN_MS = 180_000;

/** What a request was answered with. */
interface Answer {
  readonly body: string;
  readonly status: number;
}

interface Ended {
  readonly isDone: boolean;
  readonly stderr: string;
}

function runScript(lines: string, folder: string, { url, masterKey }: ExampleServer, authenticator: string): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'],
    URL: url,
    MASTER_KEY: masterKey,
    OUT: folder,
    TOTP: beside('totp-code.mjs'),
    AUTHENTICATOR: authenticator,
  };
  return new Promise((resolve) => {
    execFile('bash', ['--noprofile', '--norc', '-c', lines], { env, cwd: folder, timeout: WITHIN_MS }, (error, _stdout, stderr) =>
      resolve({ isDone: error === null, stderr }),
    );
  });
}

/** A part's mark, and its lines. */
const linesOf = ({ shell }: Part, index: number): string => `BLOCK=${index}\nprintf %s ${index} > "$OUT/at"\n${shell}`;

function answersOf(folder: string, index: number): readonly Answer[] {
  const file = join(folder, String(index));
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text
    .split('\u001D')
    .slice(0, -1)
    .map((answer) => {
      const at = answer.lastIndexOf('\u001E');
      return { body: answer.slice(0, at), status: Number(answer.slice(at + 1)) };
    });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isError = ({ body, status }: Answer): boolean => {
  const value = parsed(body);
  const isObject = typeof value === 'object' && value !== null;
  return status >= 400 || (isObject && ('error' in value || 'errors' in value));
};

function replyFault({ text, status }: ShownReply, answer: Answer): string | undefined {
  const shown = parsed(text);
  if (shown === undefined) return 'the reply shown is no JSON';
  if (status !== undefined && status !== answer.status) return `came with status ${answer.status}: ${answer.body}`;
  const fault = difference(shown, parsed(answer.body) ?? answer.body);
  return fault === undefined ? undefined : `another reply came: ${fault}`;
}

/** What about the answers to a part is not as its page says. */
function faultsOf(part: Part, answers: readonly Answer[]): readonly (readonly [line: number, what: string])[] {
  const { line, reply } = part;
  const last = answers.at(-1);
  const unexpected = (reply === undefined ? answers : answers.slice(0, -1)).filter(isError);
  const failed = unexpected.map(({ body }) => [line, `was answered with ${body.slice(0, 300)}`] as const);
  if (reply === undefined) return failed;
  const fault = last === undefined ? 'nothing was asked for' : replyFault(reply, last);
  return fault === undefined ? failed : [...failed, [reply.line, fault]];
}

/** Runs the lines of a page on an example without users, and compares the replies on the page with the real ones. */
export async function runPage({ page, parts }: PageScript, example: ExampleServer): Promise<readonly Problem[]> {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  const authenticator = await startAuthenticator(example.url);
  try {
    await example.empty();
    const { isDone, stderr } = await runScript(
      [`. ${PREAMBLE}`, ...parts.map(linesOf)].join('\n'),
      folder,
      example,
      authenticator.url,
    );
    const reached = isDone ? parts.length - 1 : Number(readFileSync(join(folder, 'at'), 'utf8'));
    const problems = parts
      .slice(0, reached + 1)
      .flatMap((part, index) =>
        faultsOf(part, answersOf(folder, index)).map(([line, what]) => ({ page: page.name, line, what })),
      );
    if (isDone) return problems;
    return [...problems, { page: page.name, line: parts[reached]?.line ?? 1, what: `the shell ended: ${stderr.trim()}` }];
  } finally {
    authenticator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
