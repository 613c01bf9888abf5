import { asObject } from '../../../validation/json-object.js';
import type { ClassIndex, DatabaseInspection } from './database-inspection.js';
import { mongoOf } from '../mongo-state.js';
import type { ParseStorage } from '../parse-database.js';

/** The part of a database of the driver `mongodb` that is used here. */
interface Commanding {
  command(command: object): Promise<unknown>;
}

/** MongoDB's error for a collection that does not exist. */
const NO_COLLECTION = 26;
/** From this version on, MongoDB confirms writes by a majority unless it is told otherwise. */
const MAJORITY_BY_DEFAULT = 5;

/** Looks at MongoDB over the connection that Parse Server has; undefined for another database. */
export function mongoInspection(adapter: ParseStorage): DatabaseInspection | undefined {
  const mongo = mongoOf(adapter);
  if (mongo === undefined) return undefined;
  const command = async (given: object): Promise<Readonly<Record<string, unknown>>> => {
    await mongo.connect();
    const { database } = adapter;
    if (!isCommanding(database)) throw new Error('The MongoDB adapter is not connected.');
    return asObject(await database.command(given)) ?? {};
  };
  const version = async (): Promise<string> => String((await command({ buildInfo: 1 }))['version']);
  const collection = (className: string): string => mongo.collectionPrefix + className;
  return {
    kind: 'mongodb',
    version,
    time: async () => {
      const { localTime } = await command({ hello: 1 });
      return localTime instanceof Date ? localTime.getTime() : undefined;
    },
    lossySettings: async () => lossy(adapter, await version()),
    estimateRows: async (className) => Number((await command({ count: collection(className) }))['n'] ?? 0),
    indexesOf: async (className) => {
      try {
        return indexesIn(await command({ listIndexes: collection(className) }));
      } catch (fault) {
        if (fault instanceof Error && 'code' in fault && fault.code === NO_COLLECTION) return [];
        throw fault;
      }
    },
    indexStatement: (className, field) => `db.getCollection('${collection(className)}').createIndex({ ${field}: 1 })`,
  };
}

/** The store asks for a majority with each write. Parse Server does not, so its writes have what the connection says. */
function lossy({ client }: ParseStorage, version: string): readonly string[] {
  const { w, journal, j = journal } = asObject(client?.writeConcern) ?? {};
  const isOld = Number.parseInt(version, 10) < MAJORITY_BY_DEFAULT;
  const confirmedBy = w ?? (isOld ? 1 : 'majority');
  return [
    ...(confirmedBy === 0 || confirmedBy === 1
      ? [`w=${confirmedBy}${w === undefined ? ` (the default of MongoDB ${version})` : ''}`]
      : []),
    ...(j === false ? ['journal=false'] : []),
  ];
}

function indexesIn({ cursor }: Readonly<Record<string, unknown>>): readonly ClassIndex[] {
  const listed = asObject(cursor)?.['firstBatch'];
  return (Array.isArray(listed) ? listed : []).flatMap((each: unknown) => {
    const { key, unique, partialFilterExpression } = asObject(each) ?? {};
    const [first, ...others] = Object.keys(asObject(key) ?? {});
    if (first === undefined || partialFilterExpression !== undefined) return [];
    return [{ first, isUnique: unique === true && others.length === 0 }];
  });
}

const isCommanding = (database: unknown): database is Commanding =>
  typeof database === 'object' && database !== null && 'command' in database && typeof database.command === 'function';
