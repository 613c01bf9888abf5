import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { CATALOG_COMMANDS } from './catalog-commands.js';
import { CommandError } from './command-error.js';
import type { CommandHandler } from './command.js';
import { Databases } from './databases.js';
import { READ_COMMANDS } from './read-commands.js';
import type { Document } from './value.js';
import { decode, messageReader, type WireRequest } from './wire.js';
import { WRITE_COMMANDS } from './write-commands.js';

/** An error of MongoDB, such as 13 `Unauthorized`. */
export interface Refusal {
  readonly code: number;
  readonly codeName: string;
  readonly message: string;
}

/** Whether a rule is about a command. The first field of a command is its name. */
export type CommandPredicate = (command: Document) => boolean;

const HANDLERS: Readonly<Record<string, CommandHandler>> = { ...CATALOG_COMMANDS, ...READ_COMMANDS, ...WRITE_COMMANDS };
const LONGEST_LOG = 1000;

/** Refuses what only a replica set can do. */
function assertStandalone({ txnNumber, startTransaction, writeConcern }: Document): void {
  if (txnNumber !== undefined || startTransaction !== undefined) {
    const message = 'Transaction numbers are only allowed on a replica set member or mongos';
    throw new CommandError(20, 'IllegalOperation', message);
  }
  const w: unknown = typeof writeConcern === 'object' && writeConcern !== null ? Reflect.get(writeConcern, 'w') : undefined;
  if (typeof w === 'number' && w > 1) {
    throw new CommandError(2, 'BadValue', "cannot use 'w' > 1 when a host is not replicated");
  }
}

/**
 * A stand-in for MongoDB, for tests on machines that have none. It listens on loopback, keeps everything in memory, and answers
 * the commands that Parse Server and stores send. Each command is atomic. It reports a standalone server. It lacks
 * transactions, sessions, replica sets, change streams, geo and text queries, and authentication.
 */
export class MongoStandIn {
  readonly #databases = new Databases();
  readonly #sockets = new Set<Socket>();
  readonly #log: Document[] = [];
  readonly #refusals = new Map<CommandPredicate, Refusal>();
  readonly #losses = new Set<CommandPredicate>();
  #waiting: (() => void)[] | undefined;
  #server: Server | undefined;
  #port = 0;

  /** The connection URI without the name of a database, once it has started. */
  get uri(): string {
    return `mongodb://127.0.0.1:${this.#port}`;
  }

  /** The last commands that arrived, at most 1000, the oldest first: of all names, or of one such as `findAndModify`. */
  commands(name?: string): readonly Document[] {
    return name === undefined ? [...this.#log] : this.#log.filter((command) => Object.keys(command)[0] === name);
  }

  /** Empties the list of commands. */
  forgetCommands(): void {
    this.#log.length = 0;
  }

  /** Starts listening, every time on the same port and with all data. */
  async start(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Ends all connections and stops listening, like a crash. Commands that wait for `resume` are never run. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#waiting = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  }

  /** Hangs: connections are accepted, but commands are neither run nor answered until `resume`. */
  pause(): void {
    this.#waiting ??= [];
  }

  /** Runs and answers what has arrived since `pause`, except commands of connections that are closed. */
  resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const work of waiting) work();
  }

  /**
   * Answers commands with an error and does not run them. If several rules apply, the oldest counts.
   * @returns a function that removes the rule
   */
  refuse(applies: CommandPredicate, refusal: Refusal): () => void {
    this.#refusals.set(applies, refusal);
    return () => this.#refusals.delete(applies);
  }

  /**
   * Runs commands, but closes the connection instead of answering, so that the client cannot know the outcome.
   * @returns a function that removes the rule
   */
  loseAnswers(applies: CommandPredicate): () => void {
    this.#losses.add(applies);
    return () => this.#losses.delete(applies);
  }

  /**
   * Deletes what TTL indexes let expire, as MongoDB does once a minute.
   * @param nowMs the time, in milliseconds since 1970
   * @returns how many documents it deleted
   */
  expire(nowMs: number): number {
    return this.#databases.everyCollection.reduce((deleted, collection) => deleted + collection.expire(nowMs), 0);
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    const read = messageReader((message) => {
      const request = decode(message);
      if (request === undefined) socket.destroy();
      else if (this.#waiting === undefined) this.#respond(socket, request);
      else this.#waiting.push(() => this.#respond(socket, request));
    });
    socket.on('data', read);
  }

  #respond(socket: Socket, { command, encode }: WireRequest): void {
    if (socket.destroyed) return;
    this.#log.push(command);
    if (this.#log.length > LONGEST_LOG) this.#log.shift();
    const bytes = encode(this.#answer(command));
    if ([...this.#losses].some((applies) => applies(command))) socket.destroy();
    else if (bytes !== undefined) socket.write(bytes);
  }

  #answer(command: Document): Document {
    try {
      return this.#run(command);
    } catch (error) {
      const known = error instanceof CommandError ? error : new CommandError(8, 'UnknownError', String(error));
      return known.toReply();
    }
  }

  #run(command: Document): Document {
    const refusal = [...this.#refusals].find(([applies]) => applies(command))?.[1];
    if (refusal !== undefined) throw new CommandError(refusal.code, refusal.codeName, refusal.message);
    const name = Object.keys(command)[0] ?? '';
    const handle = Object.hasOwn(HANDLERS, name) ? HANDLERS[name] : undefined;
    if (handle === undefined) throw new CommandError(59, 'CommandNotFound', `no such command: '${name}'`);
    assertStandalone(command);
    const { [name]: target, $db = 'admin', collection } = command;
    const collectionName = typeof target === 'string' ? target : String(collection);
    return handle({ fields: command, database: String($db), collection: collectionName }, this.#databases);
  }
}
