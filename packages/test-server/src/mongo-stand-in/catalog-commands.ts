import { CommandError } from './command-error.js';
import type { Command, CommandHandler } from './command.js';
import type { Databases } from './databases.js';
import { matcher } from './filter.js';
import type { StoredCollection } from './stored-collection.js';
import { asDocument, isSame } from './value.js';

function existing({ database, collection }: Command, databases: Databases): StoredCollection {
  const found = databases.find(database, collection);
  if (found === undefined) throw new CommandError(26, 'NamespaceNotFound', `ns does not exist: ${database}.${collection}`);
  return found;
}

const create: CommandHandler = ({ fields, database, collection }, databases) => {
  for (const option of ['collation', 'capped', 'timeseries', 'viewOn', 'validator']) {
    if (fields[option] !== undefined) throw new CommandError(238, 'NotImplemented', `create with ${option}`);
  }
  if (databases.find(database, collection) !== undefined) {
    throw new CommandError(48, 'NamespaceExists', `Collection ${database}.${collection} already exists.`);
  }
  databases.open(database, collection);
  return { ok: 1 };
};

const drop: CommandHandler = ({ database, collection }, databases) => {
  if (!databases.drop(database, collection)) throw new CommandError(26, 'NamespaceNotFound', 'ns not found');
  return { ns: `${database}.${collection}`, ok: 1 };
};

const createIndexes: CommandHandler = ({ fields, database, collection: name }, databases) => {
  const isNew = databases.find(database, name) === undefined;
  const collection = databases.open(database, name);
  const numIndexesBefore = collection.indexes.length;
  for (const index of Array.isArray(fields['indexes']) ? fields['indexes'] : []) collection.createIndex(asDocument(index));
  const numIndexesAfter = collection.indexes.length;
  const note = numIndexesAfter === numIndexesBefore ? { note: 'all indexes already exist' } : {};
  return { numIndexesBefore, numIndexesAfter, createdCollectionAutomatically: isNew, ...note, ok: 1 };
};

const listIndexes: CommandHandler = (command, databases) => {
  const collection = existing(command, databases);
  const indexes = collection.indexes.map(({ specification }) => specification);
  return databases.openCursor(collection.namespace, indexes, asDocument(command.fields['cursor'])['batchSize']);
};

const dropIndexes: CommandHandler = (command, databases) => {
  const collection = existing(command, databases);
  const given = command.fields['index'];
  const nIndexesWas = collection.indexes.length;
  const wanted = [given].flat();
  if (wanted.includes('_id_')) throw new CommandError(72, 'InvalidOptions', 'cannot drop _id index');
  collection.indexes = collection.indexes.filter(
    ({ name, specification }) =>
      name === '_id_' || (given !== '*' && !wanted.includes(name) && !isSame(specification['key'], given)),
  );
  if (given !== '*' && collection.indexes.length === nIndexesWas) {
    throw new CommandError(27, 'IndexNotFound', `index not found with name [${String(given)}]`);
  }
  return { nIndexesWas, ok: 1 };
};

/** Changes after how long the documents of a TTL index expire. */
const collMod: CommandHandler = (command, databases) => {
  const { name, keyPattern, expireAfterSeconds } = asDocument(command.fields['index']);
  const index = existing(command, databases).indexes.find(
    (each) => each.name === name || isSame(each.specification['key'], keyPattern),
  );
  if (index === undefined) throw new CommandError(27, 'IndexNotFound', 'cannot find index for collMod');
  index.specification = { ...index.specification, expireAfterSeconds };
  return { ok: 1 };
};

const listCollections: CommandHandler = ({ fields, database }, databases) => {
  const info = { readOnly: false };
  const all = databases.collectionNames(database).map((name) => ({ name, type: 'collection', options: {}, info }));
  const filter = asDocument(fields['filter']);
  return databases.openCursor(`${database}.$cmd.listCollections`, all.filter(matcher(filter)), Number.MAX_SAFE_INTEGER);
};

const listDatabases: CommandHandler = ({ fields }, databases) => {
  const all = databases.names.map((name) => ({ name, sizeOnDisk: 0, empty: false }));
  return { databases: all.filter(matcher(asDocument(fields['filter']))), totalSize: 0, ok: 1 };
};

const dropDatabase: CommandHandler = ({ database }, databases) => {
  databases.dropDatabase(database);
  return { dropped: database, ok: 1 };
};

/** Reports a standalone: no replica set, and so no sessions and no transactions. */
const hello: CommandHandler = () => ({
  helloOk: true,
  ismaster: true,
  isWritablePrimary: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  localTime: new Date(),
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
  ok: 1,
});

const buildInfo: CommandHandler = () => ({ version: '7.0.0', versionArray: [7, 0, 0, 0], ok: 1 });
const succeed: CommandHandler = () => ({ ok: 1 });

/** The commands about databases, collections, indexes, and the server itself. */
export const CATALOG_COMMANDS: Readonly<Record<string, CommandHandler>> = {
  create,
  drop,
  createIndexes,
  listIndexes,
  dropIndexes,
  collMod,
  listCollections,
  listDatabases,
  dropDatabase,
  hello,
  isMaster: hello,
  ismaster: hello,
  buildInfo,
  buildinfo: buildInfo,
  ping: succeed,
  endSessions: succeed,
};
