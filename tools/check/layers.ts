/**
 * Checks that the rooms of `packages/core/src` stand on each other: no import goes up, none goes in a circle (types
 * counted), and no folder holds more files than a reader can take in. In the example's sources it looks for circles
 * only. In the sources of every package it looks for files that are too long. Tests count among the files of a folder; for the
 * rest they are left out: they stand beside what they test, and may use anything. `npm run lint` runs it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const ROOT = join(REPOSITORY, 'packages/core/src/');
const EXAMPLE = ['apps/example/src/', 'apps/example/web/src/'];
const MOST_FILES = 23;
const MOST_LINES = 250;

const GROUND = ['error', 'time'];
const TOOLS = [...GROUND, 'validation', 'crypto'];
const FACTOR = [...TOOLS, 'store', 'factor'];
const ACCOUNT = [...FACTOR, 'account'];
const EVENTS = [...ACCOUNT, 'events'];
const FLOWS = [...EVENTS, 'flows'];
const PARSE = [...FLOWS, 'parse'];

/** Which rooms a room may import from, besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  error: [],
  time: [],
  validation: ['error'],
  crypto: ['error'],
  store: [...GROUND, 'validation'],
  factor: TOOLS.concat('store'),
  delivery: [...GROUND, 'validation', 'factor'],
  codes: [...FACTOR, 'delivery'],
  account: FACTOR,
  passwords: ACCOUNT,
  events: ACCOUNT,
  flows: EVENTS,
  parse: FLOWS,
  commands: [...TOOLS, 'flows'],
  compose: [...PARSE, 'delivery', 'codes', 'commands'],
  doors: [...PARSE, 'delivery', 'codes', 'commands', 'compose'],
};

const roomOf = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : '');

const filesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\.tsx?$/.test(file));

const sourcesIn = (root: string): string[] => filesIn(root).filter((file) => !/\.test\.tsx?$/.test(file));

function importsOf(root: string, file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^;]*?from '(\.[^']+)\.js';/gm)].map(([, specifier = '']) => {
    const target = resolve(root, dirname(file), specifier);
    return relative(root, existsSync(`${target}.tsx`) ? `${target}.tsx` : `${target}.ts`).replaceAll('\\', '/');
  });
}

type Graph = ReadonlyMap<string, readonly string[]>;

/** The imports of each file below a folder, by paths from there. */
const graphOf = (root: string): Graph => new Map(sourcesIn(root).map((file) => [file, importsOf(root, file)]));

const graph = graphOf(ROOT);
const files = [...graph.keys()];

function* upward(): Generator<string> {
  for (const [file, imports] of graph) {
    const room = roomOf(file);
    if (room === '') continue; // the doors
    const allowed = MAY_IMPORT[room];
    if (allowed === undefined) yield `${file}: "${room}" is no room`;
    for (const target of imports) {
      const other = roomOf(target);
      if (other !== room && allowed !== undefined && !allowed.includes(other))
        yield `${file} imports ${target}: "${room}" stands below "${other}"`;
    }
  }
}

/** Each circle once, as the files that it goes through. */
function* circles(graph: Graph, place = ''): Generator<string> {
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const path: string[] = [];
  const visit = (file: string): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      found.push(`circle: ${[...path.slice(path.indexOf(file)), file].map((each) => `${place}${each}`).join(' → ')}`);
      return;
    }
    state.set(file, 'open');
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
    state.set(file, 'done');
  };
  for (const file of graph.keys()) visit(file);
  yield* found;
}

function* crowded(): Generator<string> {
  const folders = filesIn(ROOT).map((file) => dirname(file));
  for (const folder of new Set(folders)) {
    const { length } = folders.filter((each) => each === folder);
    if (length > MOST_FILES)
      yield `${folder}: ${length} files with tests, and a folder holds ${MOST_FILES} at most. Give those about one thing a folder of their own`;
  }
}

function* long(): Generator<string> {
  for (const name of readdirSync(join(REPOSITORY, 'packages'))) {
    const root = join(REPOSITORY, 'packages', name, 'src');
    for (const file of sourcesIn(root)) {
      const lines = readFileSync(join(root, file), 'utf8').split('\n').length - 1;
      if (lines > MOST_LINES)
        yield `packages/${name}/src/${file}: ${lines} lines, and a file has ${MOST_LINES} at most. It holds two things: give one of them a file of its own`;
    }
  }
}

const example = EXAMPLE.map((place) => [place, graphOf(join(REPOSITORY, place))] as const);
const problems = [
  ...upward(),
  ...circles(graph),
  ...crowded(),
  ...long(),
  ...example.flatMap(([place, imports]) => [...circles(imports, place)]),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
const count = example.reduce((sum, [, imports]) => sum + imports.size, files.length);
process.stdout.write(`${count} files, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
