import { CommandError } from './command-error.js';
import type { CommandHandler } from './command.js';
import { aggregate, matcher, project } from './filter.js';
import { asDocument, isSame, readPath, type Document } from './value.js';

const find: CommandHandler = ({ fields, database, collection }, databases) => {
  const { sort, skip, limit, collation, projection, singleBatch, batchSize } = fields;
  const found = databases.find(database, collection)?.find(asDocument(fields['filter']), { sort, skip, limit, collation }) ?? [];
  const size = singleBatch === true ? found.length : batchSize;
  return databases.openCursor(`${database}.${collection}`, project(found, projection), size);
};

const count: CommandHandler = ({ fields, database, collection }, databases) => {
  const { skip, limit, collation } = fields;
  const found = databases.find(database, collection)?.find(asDocument(fields['query']), { skip, limit, collation });
  return { n: found?.length ?? 0, ok: 1 };
};

const distinct: CommandHandler = ({ fields, database, collection }, databases) => {
  const { collation } = fields;
  const found = databases.find(database, collection)?.find(asDocument(fields['query']), { collation }) ?? [];
  const values: unknown[] = [];
  for (const document of found) {
    for (const value of [readPath(document, String(fields['key']))].flat()) {
      if (value !== undefined && !values.some((other) => isSame(other, value))) values.push(value);
    }
  }
  return { values, ok: 1 };
};

/** The stages run in mingo; those of `$match` at the beginning run here, because mingo has no collations. */
const runAggregate: CommandHandler = ({ fields, database, collection }, databases) => {
  if (typeof fields['aggregate'] !== 'string') throw new CommandError(238, 'NotImplemented', 'aggregate on a database');
  const read = (name: string): Document[] => [...(databases.find(database, name)?.documents.values() ?? [])];
  const pipeline = Array.isArray(fields['pipeline']) ? fields['pipeline'].map(asDocument) : [];
  let documents = read(collection);
  while (pipeline[0]?.['$match'] !== undefined) {
    documents = documents.filter(matcher(asDocument(pipeline.shift()?.['$match']), fields['collation']));
  }
  const results = aggregate(documents, pipeline, read);
  return databases.openCursor(`${database}.${collection}`, results, asDocument(fields['cursor'])['batchSize']);
};

const getMore: CommandHandler = ({ fields }, databases) => databases.nextBatch(Number(fields['getMore']), fields['batchSize']);

const killCursors: CommandHandler = ({ fields }, databases) => {
  const ids = Array.isArray(fields['cursors']) ? fields['cursors'] : [];
  for (const id of ids) databases.closeCursor(Number(id));
  return { cursorsKilled: ids, cursorsNotFound: [], cursorsAlive: [], cursorsUnknown: [], ok: 1 };
};

/** The commands that read documents. */
export const READ_COMMANDS: Readonly<Record<string, CommandHandler>> = {
  find,
  count,
  distinct,
  aggregate: runAggregate,
  getMore,
  killCursors,
};
