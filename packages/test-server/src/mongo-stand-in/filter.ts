import { Aggregator, Query } from 'mingo';
import { foldFilter, foldOf } from './collation.js';
import { CommandError } from './command-error.js';
import { evaluate, isTruthy, scopeOf } from './expression.js';
import { asDocument, cloneDocument, compareValues, readPath, type Document } from './value.js';

/** Runs work of mingo, and turns its errors into the server's. */
function answer<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof CommandError || !(error instanceof Error)) throw error;
    throw new CommandError(2, 'BadValue', error.message);
  }
}

type Predicate = (document: Document) => boolean;

/**
 * Leaves single fields to mingo, but not `$expr`: its expressions compare values of different types as unequal, and absent ones
 * like null, while MongoDB has an order of types.
 */
function compile(filter: Document): Predicate {
  const { $and, $or, $nor, $expr, ...fields } = filter;
  const each = (filters: unknown): Predicate[] => [filters].flat().map((part) => compile(asDocument(part)));
  const query = new Query(fields);
  const predicates: Predicate[] = [(document) => query.test(document)];
  if ($and !== undefined) predicates.push(...each($and));
  if ($expr !== undefined) predicates.push((document) => isTruthy(evaluate($expr, scopeOf(document))));
  for (const [parts, expected] of [
    [$or, true],
    [$nor, false],
  ] as const) {
    const some = each(parts ?? []);
    if (parts !== undefined) predicates.push((document) => some.some((isMatch) => isMatch(document)) === expected);
  }
  return (document) => predicates.every((isMatch) => isMatch(document));
}

/** Returns a function that says whether a document matches a filter, under a collation if there is one. */
export function matcher(filter: Document, collation?: unknown): Predicate {
  const fold = foldOf(collation);
  const isMatch = answer(() => compile(asDocument(fold === undefined ? filter : foldFilter(filter, fold))));
  return (document) => answer(() => isMatch(fold === undefined ? document : asDocument(fold(document))));
}

/** Runs a pipeline of `aggregate` over documents, which it does not change. */
export const aggregate = (
  documents: readonly Document[],
  pipeline: readonly Document[],
  collectionResolver: (name: string) => Document[] = () => [],
): Document[] =>
  answer(() => new Aggregator([...pipeline], { collectionResolver }).run<Document>(documents.map((each) => cloneDocument(each))));

/** Applies the projection of `find` or `findAndModify`. An empty one keeps everything. */
export function project(documents: readonly Document[], projection: unknown): Document[] {
  const fields = asDocument(projection);
  return Object.keys(fields).length === 0 ? [...documents] : aggregate(documents, [{ $project: fields }]);
}

/** The value of a field that a sort looks at: of an array its least element, or its greatest for a descending sort. */
function sortKey(value: unknown, direction: number): unknown {
  if (!Array.isArray(value)) return value ?? null;
  return value.toSorted((a, b) => direction * compareValues(a, b))[0];
}

/** Sorts documents as MongoDB does. Documents with equal keys keep their order. */
export function sortDocuments(documents: readonly Document[], sort: unknown, collation?: unknown): Document[] {
  const fields = Object.entries(asDocument(sort)).map(([path, direction]) => [path, Number(direction)] as const);
  if (fields.some(([, direction]) => Math.abs(direction) !== 1)) throw new CommandError(238, 'NotImplemented', 'sort by $meta');
  const fold = foldOf(collation) ?? ((value: unknown) => value);
  return documents.toSorted((a, b) => {
    for (const [path, direction] of fields) {
      const [keyA, keyB] = [a, b].map((each) => fold(sortKey(readPath(each, path), direction)));
      const order = compareValues(keyA, keyB) * direction;
      if (order !== 0) return order;
    }
    return 0;
  });
}
