import { CommandError } from './command-error.js';
import { matcher } from './filter.js';
import { asDocument, compareValues, isDocument, isSame, readPath, typeName, type Document } from './value.js';

/** Computes the next value of a field; `undefined` removes it. */
type Modifier = (now: unknown, operand: unknown) => unknown;

function numeric(name: string, work: (now: number, operand: number) => number): Modifier {
  return (now = 0, operand) => {
    if (typeof operand !== 'number') throw new CommandError(14, 'TypeMismatch', `Cannot apply ${name} with non-numeric argument`);
    if (typeof now === 'number') return work(now, operand);
    const message = `Cannot apply ${name} to a value of non-numeric type. It has the field of type ${typeName(now)}`;
    throw new CommandError(14, 'TypeMismatch', message);
  };
}

function list(name: string, now: unknown): unknown[] {
  if (now === undefined) return [];
  if (Array.isArray(now)) return now;
  throw new CommandError(2, 'BadValue', `The field must be an array but is of type ${typeName(now)} (${name})`);
}

const each = (operand: unknown): unknown[] => {
  const values = isDocument(operand) ? operand['$each'] : undefined;
  return Array.isArray(values) ? values : [operand];
};

function push(now: unknown, operand: unknown): unknown[] {
  const { $each, $position, $slice, $sort } = asDocument(operand);
  if ($sort !== undefined) throw new CommandError(238, 'NotImplemented', '$sort of $push');
  const result = [...list('$push', now)];
  result.splice($each === undefined || typeof $position !== 'number' ? result.length : $position, 0, ...each(operand));
  if ($each === undefined || typeof $slice !== 'number') return result;
  if ($slice === 0) return [];
  return $slice < 0 ? result.slice($slice) : result.slice(0, $slice);
}

function addToSet(now: unknown, operand: unknown): unknown[] {
  const result = [...list('$addToSet', now)];
  for (const value of each(operand)) if (!result.some((other) => isSame(other, value))) result.push(value);
  return result;
}

/** `$pull` takes a value, operators, or conditions on the fields of embedded documents. */
function pull(now: unknown, operand: unknown): unknown {
  if (now === undefined) return undefined;
  const isOperators = isDocument(operand) && Object.keys(operand).some((name) => name.startsWith('$'));
  const isOut = isDocument(operand) && !isOperators ? matcher(operand) : undefined;
  const isValueOut = matcher({ v: operand });
  return list('$pull', now).filter((value) =>
    isOut !== undefined ? !(isDocument(value) && isOut(value)) : !isValueOut({ v: value }),
  );
}

const MODIFIERS: Readonly<Record<string, Modifier>> = {
  $set: (_now, operand) => operand,
  $setOnInsert: (_now, operand) => operand,
  $unset: () => undefined,
  $inc: numeric('$inc', (now, operand) => now + operand),
  $mul: numeric('$mul', (now, operand) => now * operand),
  $min: (now, operand) => (now === undefined || compareValues(operand, now) < 0 ? operand : now),
  $max: (now, operand) => (now === undefined || compareValues(operand, now) > 0 ? operand : now),
  $currentDate: () => new Date(),
  $push: push,
  $addToSet: addToSet,
  $pull: pull,
  $pullAll: (now, operand) =>
    now === undefined
      ? undefined
      : list('$pullAll', now).filter((value) => !list('$pullAll', operand).some((other) => isSame(other, value))),
};

/** Writes a field by its dotted path into the document, and makes the documents on the way. `undefined` removes the field. */
export function writePath(document: Document, path: string, value: unknown): void {
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  let at: object = document;
  for (const part of parts) {
    if (value === undefined && !Object.hasOwn(at, part)) return;
    if (!Object.hasOwn(at, part)) Reflect.set(at, part, {});
    const next: unknown = Reflect.get(at, part);
    if (!isDocument(next) && !Array.isArray(next)) {
      if (value === undefined) return;
      throw new CommandError(28, 'PathNotViable', `Cannot create field '${last}' in element {${part}: ${JSON.stringify(next)}}`);
    }
    at = next;
  }
  if (value !== undefined) Reflect.set(at, last, value);
  else if (Array.isArray(at) && Object.hasOwn(at, last)) Reflect.set(at, last, null);
  else Reflect.deleteProperty(at, last);
}

function assertNoConflict(path: string, touched: readonly string[]): void {
  const other = touched.find((each) => each === path || each.startsWith(`${path}.`) || path.startsWith(`${each}.`));
  if (other === undefined) return;
  const message = `Updating the path '${path}' would create a conflict at '${other}'`;
  throw new CommandError(40, 'ConflictingUpdateOperators', message);
}

function rename(document: Document, from: string, to: string): void {
  const value = readPath(document, from);
  if (value === undefined) return;
  writePath(document, from, undefined);
  writePath(document, to, value);
}

/**
 * Applies update operators such as `$set` to the document itself.
 * @param isInsert whether an upsert makes the document, so that `$setOnInsert` counts
 */
export function applyOperators(document: Document, update: Document, isInsert: boolean): void {
  const touched: string[] = [];
  for (const [name, fields] of Object.entries(update)) {
    const modify = Object.hasOwn(MODIFIERS, name) ? MODIFIERS[name] : undefined;
    if (modify === undefined && name !== '$rename') throw new CommandError(9, 'FailedToParse', `Unknown modifier: ${name}`);
    for (const [path, operand] of Object.entries(asDocument(fields))) {
      if (path.includes('$')) throw new CommandError(238, 'NotImplemented', `positional update: ${path}`);
      assertNoConflict(path, touched);
      touched.push(path);
      if (modify === undefined) rename(document, path, String(operand));
      else if (name !== '$setOnInsert' || isInsert) writePath(document, path, modify(readPath(document, path), operand));
    }
  }
}
