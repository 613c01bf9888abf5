import { CommandError } from './command-error.js';
import type { Command, CommandHandler } from './command.js';
import { project } from './filter.js';
import { asDocument, type Document } from './value.js';

const listOf = (value: unknown): Document[] => (Array.isArray(value) ? value.map(asDocument) : []);

/** Refuses what would silently be ignored. */
function assertSupported({ arrayFilters, c, hint }: Document): void {
  const [name] = Object.entries({ arrayFilters, c, hint }).find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined && name !== 'hint') throw new CommandError(238, 'NotImplemented', `option ${name} of an update`);
}

/** Runs the statements of a write. An ordered write ends at the first error. Returns the errors. */
function runEach(statements: readonly Document[], ordered: unknown, run: (statement: Document, index: number) => void): Document {
  const writeErrors: Document[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      run(statement, index);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      writeErrors.push(error.toWriteError(index));
      if (ordered !== false) break;
    }
  }
  return writeErrors.length > 0 ? { writeErrors } : {};
}

const insert: CommandHandler = ({ fields, database, collection: name }, databases) => {
  const collection = databases.open(database, name);
  let n = 0;
  const errors = runEach(listOf(fields['documents']), fields['ordered'], (document) => {
    collection.insert(document);
    n += 1;
  });
  return { n, ...errors, ok: 1 };
};

const update: CommandHandler = ({ fields, database, collection: name }, databases) => {
  const collection = databases.open(database, name);
  const upserted: Document[] = [];
  let [n, nModified] = [0, 0];
  const errors = runEach(listOf(fields['updates']), fields['ordered'], (statement, index) => {
    assertSupported(statement);
    const { u, multi, upsert, collation, sort } = statement;
    const filter = asDocument(statement['q']);
    const found = collection.find(filter, { limit: multi === true ? 0 : 1, collation, sort });
    if (found.length === 0 && upsert === true) {
      upserted.push({ index, _id: collection.upsert(filter, u)['_id'] });
      n += 1;
    }
    for (const document of found) {
      if (collection.update(document, u) !== document) nModified += 1;
      n += 1;
    }
  });
  return { n, nModified, ...(upserted.length > 0 && { upserted }), ...errors, ok: 1 };
};

const remove: CommandHandler = ({ fields, database, collection: name }, databases) => {
  const collection = databases.open(database, name);
  let n = 0;
  const errors = runEach(listOf(fields['deletes']), fields['ordered'], ({ q, limit, collation }) => {
    for (const document of collection.find(asDocument(q), { limit, collation })) {
      collection.remove(document);
      n += 1;
    }
  });
  return { n, ...errors, ok: 1 };
};

interface Modified {
  readonly before?: Document | undefined;
  readonly after?: Document | undefined;
  readonly lastErrorObject: Document;
}

function modify({ fields, database, collection: name }: Command, open: (database: string, name: string) => Collection): Modified {
  const { query, sort, collation } = fields;
  const collection = open(database, name);
  const filter = asDocument(query);
  const [before] = collection.find(filter, { sort, limit: 1, collation });
  if (fields['remove'] === true) {
    if (before !== undefined) collection.remove(before);
    return { before, lastErrorObject: { n: before === undefined ? 0 : 1 } };
  }
  if (before !== undefined) {
    return { before, after: collection.update(before, fields['update']), lastErrorObject: { n: 1, updatedExisting: true } };
  }
  if (fields['upsert'] !== true) return { lastErrorObject: { n: 0, updatedExisting: false } };
  const after = collection.upsert(filter, fields['update']);
  return { after, lastErrorObject: { n: 1, updatedExisting: false, upserted: after['_id'] } };
}

type Collection = ReturnType<Parameters<CommandHandler>[1]['open']>;

const findAndModify: CommandHandler = (command, databases) => {
  const { fields } = command;
  assertSupported(fields);
  if (fields['remove'] === true && (fields['update'] !== undefined || fields['new'] === true)) {
    throw new CommandError(9, 'FailedToParse', "Cannot specify both an update and remove=true, or 'new' with remove=true");
  }
  if (fields['remove'] !== true && fields['update'] === undefined) {
    throw new CommandError(9, 'FailedToParse', 'Either an update or remove=true must be specified');
  }
  const { before, after, lastErrorObject } = modify(command, (database, name) => databases.open(database, name));
  const chosen = fields['new'] === true ? after : before;
  const [value = null] = chosen === undefined ? [] : project([chosen], fields['fields']);
  return { lastErrorObject, value, ok: 1 };
};

/** The commands that write documents. */
export const WRITE_COMMANDS: Readonly<Record<string, CommandHandler>> = {
  insert,
  update,
  delete: remove,
  findAndModify,
  findandmodify: findAndModify,
};
