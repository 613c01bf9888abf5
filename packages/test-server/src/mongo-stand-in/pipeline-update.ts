import { CommandError } from './command-error.js';
import { evaluate, scopeOf } from './expression.js';
import { asDocument, isDocument, typeName, type Document } from './value.js';

type Assignment = readonly [path: readonly string[], expression: unknown];

const isOperator = (value: Document): boolean => Object.keys(value)[0]?.startsWith('$') === true;

/**
 * Lists the fields of a stage by their path. `{ a: { b: 1 } }` means the same as `{ 'a.b': 1 }`: MongoDB keeps the other fields
 * of `a`. To replace `a`, a stage must use `$literal` or an expression.
 */
function assignments(stage: Document, prefix: readonly string[] = []): Assignment[] {
  return Object.entries(stage).flatMap(([name, value]): Assignment[] => {
    const path = [...prefix, ...name.split('.')];
    if (!isDocument(value) || isOperator(value)) return [[path, value]];
    if (Object.keys(value).length > 0) return assignments(value, path);
    throw new CommandError(40_180, 'Location40180', `an empty object is not a valid value. Found at path ${path.join('.')}`);
  });
}

/** Sets a field, or removes it for `undefined`. In an array it does so in every element; any other value becomes a document. */
function withField(target: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (Array.isArray(target)) return target.map((element) => withField(element, path, value));
  const document = isDocument(target) ? target : {};
  const next = withField(document[name], rest, value);
  if (next !== undefined) return { ...document, [name]: next };
  return without(document, [name]);
}

function without(target: unknown, path: readonly string[]): unknown {
  const [name = '', ...rest] = path;
  if (Array.isArray(target)) return target.map((element) => without(element, path));
  if (!isDocument(target) || !Object.hasOwn(target, name)) return target;
  if (rest.length > 0) return { ...target, [name]: without(target[name], rest) };
  const { [name]: _removed, ...others } = target;
  return others;
}

/** Keeps the given paths only, in the order of the document. */
function keep(target: unknown, paths: readonly (readonly string[])[]): unknown {
  if (paths.some((path) => path.length === 0)) return target;
  if (Array.isArray(target)) return target.map((element) => keep(element, paths)).filter((element) => element !== undefined);
  if (!isDocument(target)) return undefined;
  const entries = Object.entries(target).map(([name, value]) => {
    const below = paths.filter(([first]) => first === name).map((path) => path.slice(1));
    return [name, below.length === 0 ? undefined : keep(value, below)] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

const isExcluded = (value: unknown): boolean => value === 0 || value === false;
const isIncluded = (value: unknown): boolean => value === true || (typeof value === 'number' && value !== 0);

/** All expressions of a stage see the document as it was before the stage. */
function setFields(document: Document, fields: readonly Assignment[], start: unknown = document): Document {
  const scope = scopeOf(document);
  return asDocument(fields.reduce((result, [path, expression]) => withField(result, path, evaluate(expression, scope)), start));
}

function project(document: Document, specification: Document): Document {
  const all = assignments(specification);
  const isId = ([path]: Assignment): boolean => path.length === 1 && path[0] === '_id';
  const excluded = all.filter(([, value]) => isExcluded(value));
  const others = all.filter(([, value]) => !isExcluded(value));
  if (others.filter((each) => !isId(each)).length === 0 && excluded.some((each) => !isId(each) || others.length === 0)) {
    return asDocument(excluded.reduce<unknown>((result, [path]) => without(result, path), document));
  }
  if (excluded.some((each) => !isId(each))) {
    throw new CommandError(31_254, 'Location31254', 'Cannot do exclusion in inclusion projection');
  }
  const paths = others.filter(([, value]) => isIncluded(value)).map(([path]) => path);
  const kept = keep(document, excluded.length > 0 || others.some(isId) ? paths : [['_id'], ...paths]);
  const computed = others.filter(([, value]) => !isIncluded(value));
  return setFields(document, computed, kept);
}

function replace(document: Document, expression: unknown): Document {
  const value = evaluate(expression, scopeOf(document));
  if (isDocument(value)) return value;
  throw new CommandError(40_228, 'Location40228', `'newRoot' must evaluate to an object, but resulted in: ${typeName(value)}`);
}

const unset = (document: Document, fields: unknown): Document =>
  asDocument([fields].flat().reduce((result, path) => without(result, String(path).split('.')), document));

/** The stages that MongoDB allows in an update. */
const STAGES: Readonly<Record<string, (document: Document, stage: unknown) => Document>> = {
  $set: (document, stage) => setFields(document, assignments(asDocument(stage))),
  $addFields: (document, stage) => setFields(document, assignments(asDocument(stage))),
  $unset: unset,
  $project: (document, stage) => project(document, asDocument(stage)),
  $replaceRoot: (document, stage) => replace(document, asDocument(stage)['newRoot']),
  $replaceWith: replace,
};

/** Runs an update's pipeline on one document. Each stage sees the result of the stage before it. */
export function runUpdatePipeline(document: Document, pipeline: readonly unknown[]): Document {
  return pipeline.reduce<Document>((result, each) => {
    const [name, stage] = Object.entries(asDocument(each))[0] ?? ['', undefined];
    const run = Object.hasOwn(STAGES, name) ? STAGES[name] : undefined;
    if (run === undefined) throw new CommandError(72, 'InvalidOptions', `${name} is not allowed to be used within an update`);
    return run(result, stage);
  }, document);
}
