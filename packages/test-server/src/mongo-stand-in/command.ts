import type { Databases } from './databases.js';
import type { Document } from './value.js';

/** A command that arrived: its fields, its database and the collection that it names. */
export interface Command {
  readonly fields: Document;
  readonly database: string;
  readonly collection: string;
}

/** Answers one command. It runs in one go, so every command is atomic. */
export type CommandHandler = (command: Command, databases: Databases) => Document;
