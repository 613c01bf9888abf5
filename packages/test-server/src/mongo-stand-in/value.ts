import { Binary, deserialize, ObjectId, serialize } from 'bson';

/** A BSON document, as plain JavaScript values. */
export interface Document {
  [name: string]: unknown;
}

/** Whether a value is an embedded document: no array, date, ObjectId, or other value of BSON. */
export const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Returns the value as a document, or an empty one for any other value. */
export const asDocument = (value: unknown): Document => (isDocument(value) ? value : {});

/** Copies a document as a write to the database would. */
export const cloneDocument = (document: Document): Document => deserialize(serialize(document));

/** Returns a string that is the same for equal values only. */
export const identify = (value: unknown): string => Buffer.from(serialize({ v: value })).toString('latin1');

/** Whether two values are stored as the same bytes. */
export const isSame = (a: unknown, b: unknown): boolean => identify(a) === identify(b);

/** Reads a field by its dotted path. Arrays are entered by index only. */
export function readPath(document: unknown, path: string): unknown {
  let value = document;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

/** The ranks of MongoDB's "Comparison/Sort Order"; an absent value comes before null. */
function rank(value: unknown): number {
  if (value === undefined) return 0;
  if (value === null) return 5;
  if (typeof value === 'number' || typeof value === 'bigint') return 10;
  if (typeof value === 'string') return 15;
  if (Array.isArray(value)) return 25;
  if (value instanceof Binary || value instanceof Uint8Array) return 30;
  if (value instanceof ObjectId) return 35;
  if (typeof value === 'boolean') return 40;
  if (value instanceof Date) return 45;
  if (value instanceof RegExp) return 50;
  return 20;
}

const compareNumbers = (a: number, b: number): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return Number(a > b) - Number(a < b);
};

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const order = compareValues(a[at], b[at]);
    if (order !== 0) return order;
  }
  return compareNumbers(a.length, b.length);
}

// A document is compared by its fields in their order: the type of the value, the name, then the value.
const toList = (document: object): unknown[] =>
  Object.entries(document).flatMap(([name, value]: [string, unknown]) => [rank(value), name, value]);

/** Compares two values in the order of BSON, as MongoDB's aggregation and sort do. Negative if `a` comes first. */
export function compareValues(a: unknown, b: unknown): number {
  const ranks = compareNumbers(rank(a), rank(b));
  if (ranks !== 0 || a === undefined || a === null) return ranks;
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  if (a instanceof ObjectId) return Buffer.compare(Buffer.from(a.toHexString()), Buffer.from(String(b)));
  if (a instanceof Binary && b instanceof Binary) return Buffer.compare(a.buffer, b.buffer);
  if (a instanceof RegExp) return compareValues(String(a), String(b));
  if (isDocument(a) && isDocument(b)) return compareLists(toList(a), toList(b));
  return compareNumbers(Number(a), Number(b));
}

/** The name of a value's type, as `$type` gives it in an expression. */
export function typeName(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'number') return numberType(value);
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (value instanceof ObjectId) return 'objectId';
  if (value instanceof Binary || value instanceof Uint8Array) return 'binData';
  if (value instanceof RegExp) return 'regex';
  return 'object';
}

// The driver sends a whole number as int if it has 32 bits, and any other number as double.
const numberType = (value: number): string => ((value | 0) === value && !Object.is(value, -0) ? 'int' : 'double');
