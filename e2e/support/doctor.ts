import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onPostgres } from '@parse-factors/test-server/database/test-database';
import { TestPostgres } from '@parse-factors/test-server/postgres';
import { expect, inject } from 'vitest';
import { startStageOn, type Stage, type StageOptions } from './stage.js';

const cli = fileURLToPath(new URL('../../packages/core/src/cli.ts', import.meta.url));

/** A server without a fault. Each test takes one thing away. */
export const SOUND: StageOptions = {
  install: true,
  compose: { notices: true, eventLog: { keepDays: 90 }, clock: Date.now },
  server: {
    protectedFields: { _User: { '*': ['authData'] } },
    allowClientClassCreation: false,
    logLevels: { triggerBeforeSuccess: 'silent', triggerAfter: 'silent', triggerBeforeError: 'silent' },
  },
};

/** The server that the command asks, and the master key that it sends; by default those of the server that was started. */
export interface DoctorCall {
  readonly url?: string;
  readonly key?: string;
  readonly appId?: string;
}

/** What a run of the command has said. */
export interface DoctorRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts sound servers, and runs the command `parse-factors doctor` as a process of its own. */
export class DoctorRig {
  /** Everything that the command has printed. */
  readonly printed: string[] = [];
  /** The reasons of all findings so far. */
  readonly reasons: Set<string> = new Set();
  /** The database server of other tests loses writes to be fast, which the doctor finds. */
  readonly #postgres = onPostgres ? new TestPostgres({ isDurable: true }) : undefined;
  #stage: Stage | undefined;

  /** The database server, without the name of a database. */
  get databaseServer(): string {
    return this.#postgres?.uri ?? inject('database');
  }

  get stage(): Stage {
    if (this.#stage === undefined) throw new Error('No server was started.');
    return this.#stage;
  }

  /** Starts the database server. */
  async open(): Promise<void> {
    await this.#postgres?.start();
  }

  /** Starts a sound server, but for these options. Stops the one before. */
  async start({ compose, server, ...others }: StageOptions = {}, databaseServer: string = this.databaseServer): Promise<Stage> {
    await this.stop();
    this.#stage = await startStageOn(databaseServer, {
      ...SOUND,
      ...others,
      compose: { ...SOUND.compose, ...compose },
      server: { ...SOUND.server, ...server },
    });
    return this.#stage;
  }

  /** Signs a user up who sets up an authenticator. */
  async enrolUser(fields: object = {}): Promise<void> {
    const person = await this.stage.signUp(fields);
    this.stage.time.now = Date.now(); // the server's clock, for the code
    await this.stage.enrolTotp(person);
  }

  async stop(): Promise<void> {
    await this.#stage?.stop();
    this.#stage = undefined;
  }

  /** Stops everything. */
  async close(): Promise<void> {
    await this.stop();
    await this.#postgres?.remove();
  }

  async run(
    given: readonly string[] = [],
    { url = this.stage.url, key = 'master', appId = 'test' }: DoctorCall = {},
  ): Promise<DoctorRun> {
    const args = ['--import', 'tsx', '--conditions=@parse-factors/source', cli, 'doctor', '--server-url', url, '--app-id', appId];
    const child = spawn(process.execPath, [...args, ...given], {
      env: { ...process.env, PARSE_SERVER_MASTER_KEY: key },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    this.printed.push(stdout, stderr);
    const run = { status, stdout, stderr };
    for (const reason of reasonsIn(run)) this.reasons.add(reason);
    return run;
  }

  /** The whole report, as `--json` prints it. */
  async report(): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse((await this.run(['--json'])).stdout) as Readonly<Record<string, unknown>>;
  }

  /** That the command is silent. */
  async expectSound(): Promise<void> {
    expect(await this.run()).toEqual({ status: 0, stdout: '', stderr: '' });
  }

  /** That the command finds this and nothing else, and ends with status 1. Returns what it says. */
  async expectOnly(reason: string, call: DoctorCall = {}): Promise<string> {
    const found = await this.run([], call);
    expect([found.status, found.stderr, [...new Set(reasonsIn(found))]]).toEqual([1, '', [reason]]);
    return found.stdout;
  }
}

/** The reasons of the findings that a run has printed. */
export const reasonsIn = ({ stdout }: Pick<DoctorRun, 'stdout'>): string[] =>
  [...stdout.matchAll(/^- (\w+): /gm)].map(([, reason = '']) => reason);
