import { boundsOf, type ListedOption, type ListedOwner } from './option-list.js';
import { OPTIONS_PAGE } from './options-page.js';
import type { Page, Problem } from './page.js';

/** A row of a table of options. */
interface Row {
  readonly line: number;
  readonly names: readonly string[];
  readonly type: string;
  readonly fallback: string | undefined;
  /** Where the row leads to, from its page. */
  readonly link: string | undefined;
}

/** A table that a comment before it says is of an owner's options. */
export interface OptionTable {
  readonly page: Page;
  readonly line: number;
  readonly owner: string;
  /** The heading above it, as text. */
  readonly heading: string | undefined;
  readonly rows: readonly Row[];
}

const cellsOf = (line: string): readonly string[] =>
  line
    .replaceAll('\\|', '\u0001')
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.replaceAll('\u0001', '|').trim());

function rowsFrom(lines: readonly string[], start: number): readonly Row[] {
  const header = cellsOf(lines[start] ?? '');
  const [type, fallback] = ['type', 'default'].map((name) => header.indexOf(name));
  const rows: Row[] = [];
  for (let index = start + 2; lines[index]?.startsWith('|'); index += 1) {
    const cells = cellsOf(lines[index] ?? '');
    rows.push({
      line: index + 1,
      names: [...(cells[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
      type: cells[type ?? -1] ?? '',
      fallback: cells[fallback ?? -1],
      link: /\[[^\]]*\]\((?!https?:)[^)]+\)/.exec(cells.at(-1) ?? '')?.[0],
    });
  }
  return rows;
}

/** The tables of options of a page. */
export function optionTables(page: Page): readonly OptionTable[] {
  const lines = page.text.split('\n');
  let heading: string | undefined;
  return lines.flatMap((text, index) => {
    heading = /^##+ (.+)$/.exec(text)?.[1] ?? heading;
    const [, owner] = /^<!-- options: (.+) -->$/.exec(text) ?? [];
    return owner === undefined ? [] : [{ page, line: index + 1, owner, heading, rows: rowsFrom(lines, index + 2) }];
  });
}

/** Tables with defaults that do not say whose options they are. */
export function unboundTables({ name, text }: Page): readonly Problem[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const isHeader = line.startsWith('|') && /^\|[-|: ]+\|$/.test(lines[index + 1] ?? '') && cellsOf(line).includes('default');
    const isBound = lines[index - 2]?.startsWith('<!-- options: ') ?? false;
    if (name === OPTIONS_PAGE || !isHeader || isBound) return [];
    return [
      { page: name, line: index + 1, what: 'a table of defaults needs <!-- options: <owner> --> and an empty line above it' },
    ];
  });
}

const SPELLED: readonly (readonly [RegExp, string])[] = [
  [/\bone second\b|\ba second\b/, '1000'],
  [/\ban hour\b/, '3600000'],
  [/\ba day\b/, '86400000'],
  [/\b90 days\b/, '7776000000'],
];

const numbersIn = (text: string): readonly string[] =>
  SPELLED.reduce((line, [words, digits]) => line.replace(words, digits), text.replaceAll(/(?<=\d),(?=\d{3})/g, '')).match(
    /\d+/g,
  ) ?? [];

const plain = (text: string): string => text.replaceAll('`', '').replaceAll(/(?<=\d),(?=\d{3})/g, '');

const LENGTHS_MS: Readonly<Record<string, number>> = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** A default as a number of milliseconds, where a length of time is said in words. */
function inMs(text: string): string {
  const [, count, unit = ''] = /^(\d+) (second|minute|hour|day)s?$/.exec(text) ?? [];
  return count === undefined ? text : String(Number(count) * (LENGTHS_MS[unit] ?? 0));
}

const unitOf = (name: string): string | undefined => (name.endsWith('Ms') ? 'ms' : name.endsWith('Seconds') ? 's' : undefined);

/** What a row says of one of its options that is not so. */
function faultOf(option: ListedOption, type: string, fallback: string | undefined): string | undefined {
  const bounds = boundsOf(option.accepts)?.map((bound) => bound.replaceAll(',', ''));
  const said = numbersIn(type);
  if (bounds !== undefined && said.length > 0 && said.join() !== bounds.join()) return `takes ${bounds.join(' to ')}`;
  const unit = unitOf(option.name);
  if (unit !== undefined && bounds !== undefined && type !== '' && !type.startsWith(unit)) return `is in ${unit}`;
  if (fallback === undefined || fallback === '') return undefined;
  if (option.isRequired !== /^required$/.test(fallback)) return option.isRequired ? 'is required' : 'is not required';
  if (option.fallback === undefined) return undefined;
  const words = inMs(plain(fallback));
  const isSame = words === plain(option.fallback) || words.startsWith(`${plain(option.fallback)} (`);
  return isSame ? undefined : `is ${option.fallback} by default`;
}

function checkRow(
  { page }: OptionTable,
  { owner, options }: ListedOwner,
  { line, names, type, fallback }: Row,
): readonly Problem[] {
  const share = (cell: string, index: number): string => (names.length === 1 ? cell : (cell.split(', ')[index] ?? ''));
  return names.flatMap((name, index) => {
    const option = options.find((each) => each.name === name);
    if (option === undefined) return [{ page: page.name, line, what: `${owner.name} has no option ${name}` }];
    const types = type.split(', ').length === names.length ? share(type, index) : '';
    const fault = faultOf(option, names.length === 1 ? type : types, fallback === undefined ? undefined : share(fallback, index));
    return fault === undefined ? [] : [{ page: page.name, line, what: `option ${name} of ${owner.name} ${fault}` }];
  });
}

/** Compares the tables of options with the source: their options, bounds, units and defaults are the same. */
export function checkOptionTables(pages: readonly Page[], owners: readonly ListedOwner[]): readonly Problem[] {
  const tables = pages.flatMap(optionTables);
  const wrong = tables.flatMap((table) => {
    const owner = owners.find(({ owner: { name } }) => name === table.owner);
    if (owner === undefined) return [{ page: table.page.name, line: table.line, what: `there are no options of ${table.owner}` }];
    if (table.rows.length === 0) return [{ page: table.page.name, line: table.line, what: 'no table follows' }];
    return table.rows.flatMap((row) => checkRow(table, owner, row));
  });
  // The reference of options is complete by itself. A README that explains options explains all of them.
  const missing = owners.flatMap(({ owner, options }) => {
    const own = tables.filter((table) => table.owner === owner.name);
    const first = own.find(({ page }) => page.name.endsWith('README.md'));
    if (first === undefined) return [];
    const documented = new Set(own.flatMap(({ rows }) => rows.flatMap(({ names }) => names)));
    return options
      .filter(({ name, isInherited }) => !isInherited && !documented.has(name))
      .map(({ name }) => ({ page: first.page.name, line: first.line, what: `lacks the option ${name} of ${owner.name}` }));
  });
  return [...wrong, ...missing, ...pages.flatMap(unboundTables)];
}
