import { dirname, join, relative, resolve } from 'node:path';
import { anchorOf } from './anchors.js';
import { boundsOf, saidDefault, type ListedOption, type ListedOwner } from './option-list.js';
import type { OptionOwner } from './option-owners.js';
import type { OptionTable } from './option-tables.js';
import { root, type Page } from './page.js';

/** The reference of all options. */
export const OPTIONS_PAGE = 'docs/reference/options.md';

const INTRODUCTION = `# Options

This page lists every option of every package. \`npm run check:docs -- --write\` writes it from the source, and \`npm run check:docs\` fails if the two differ.

- A wrong, unknown or missing option throws \`FactorConfigError\` before Parse Server starts. The error names the option and what it accepts: see [configuration errors](errors.md#configuration-errors). Only the client and the test suites check nothing.
- An option that is \`undefined\` has its default.
- Names that end in \`Ms\` are milliseconds. Names that end in \`Seconds\` are seconds.
`;

const unitOf = (name: string): string =>
  name.endsWith('Ms') ? 'ms, ' : name.endsWith('Seconds') || name === 'period' ? 's, ' : '';

const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** Code keeps its signs. */
const inProse = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part.replaceAll('|', '\\|') : inCell(part)))
    .join('');

function typeOf({ name, accepts, type }: ListedOption): string {
  const bounds = boundsOf(accepts);
  if (bounds !== undefined) return `${unitOf(name)}${bounds.join(' to ')}`;
  if (accepts === 'one of true, false' || /^boolean(?: \| undefined)?$/.test(type)) return 'boolean';
  const [, choices] = /^one of (.*)$/.exec(accepts ?? '') ?? [];
  if (choices !== undefined) return choices.replaceAll('"', '`');
  if (accepts?.startsWith('a string of secret keys') === true) return 'string';
  if (accepts === 'a function' || accepts === undefined)
    return `\`${type
      .replaceAll('readonly ', '')
      .replace(/ \| undefined$/, '')
      .replace(/^\((.*)\)$/, '$1')
      .replaceAll('|', '\\|')}\``;
  return inCell(accepts);
}

/** The default; sentences of comments begin with a capital. */
const defaultOf = ({ defaultText }: ListedOption): string => inProse(defaultText.replace(/^None$/, 'none'));

/** What a comment says beside the default, which has a column of its own. */
function purposeOf(option: ListedOption): string {
  const said = saidDefault(option) ?? '';
  const bounds = boundsOf(option.accepts)?.join(' to ') ?? 'no bounds';
  const text = option.says
    .replace(/,? in milliseconds(?=[,.;])/, '')
    .replace(`, ${bounds}`, '')
    .replace(` ${bounds}.`, '')
    .replace(` Default: ${said}.`, '')
    .replace(new RegExp(`[;,] ${said.replaceAll(/[.*+?()[\]{}|^$]/g, '\\$&')} by default`), '');
  return inProse(text.charAt(0).toUpperCase() + text.slice(1));
}

/** A path from this page, of what stands on another one. */
function fromHere(page: Page, target: string): string {
  const [path = '', fragment] = target.split('#');
  const file = path === '' ? page.file : resolve(dirname(page.file), path);
  return `${relative(dirname(join(root, OPTIONS_PAGE)), file)}${fragment === undefined ? '' : `#${fragment}`}`;
}

/** A page of the documentation, such as `run/key-rotation.md`, as a link with its file name as text. */
function linkTo(path: string): string {
  const text = path
    .replace(/(?:\/index)?\.md$/, '')
    .replace(/^.*\//, '')
    .replaceAll('-', ' ');
  return `More: [${text}](${relative(dirname(OPTIONS_PAGE), join('docs', path))}).`;
}

/** The page that says more about an option: the one its owner names, or else one that a table of options links to. */
function moreOn({ name }: ListedOption, { pages }: OptionOwner, tables: readonly OptionTable[]): string {
  const page = pages?.[name];
  if (page !== undefined) return linkTo(page);
  const links = tables.flatMap(({ page, rows }) =>
    rows.flatMap(({ names, link }) => {
      const [, text, target] = /^\[(.*)\]\((.*)\)$/.exec(link ?? '') ?? [];
      return names.includes(name) && target !== undefined ? [`More: [${text}](${fromHere(page, target)}).`] : [];
    }),
  );
  return links[0] ?? '';
}

/** The places that explain an owner's options. */
function placesOf(tables: readonly OptionTable[]): string {
  const places = tables.map(({ page, heading }) => {
    const title = /^# (.+)$/m.exec(page.text)?.[1] ?? page.name;
    return `[${title}](${fromHere(page, heading === undefined ? '' : `#${anchorOf(heading)}`)})`;
  });
  return places.length === 0 ? '' : ` Explained in ${[...new Set(places)].join(', ')}.`;
}

/** The section that first showed a row, by the row. Later sections link to it. */
type Shown = Map<string, string>;

/** A name of code as code, and a phrase with a capital; names in a phrase are code, too. */
function titleOf(name: string): string {
  const title = name.includes(' ') ? name.replaceAll(/\w*[a-z][A-Z]\w*/g, '`$&`') : `\`${name}\``;
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function section({ owner, options }: ListedOwner, all: readonly OptionTable[], shown: Shown): string {
  const tables = all.filter((table) => table.owner === owner.name);
  const inherited = owner.extends === undefined ? '' : `, and those of [${owner.extends}](#${anchorOf(owner.extends)})`;
  const known = new Map<string, string[]>();
  const rows = options
    .filter(({ isInherited }) => !isInherited)
    .toSorted((a, b) => Number(b.isRequired) - Number(a.isRequired))
    .flatMap((option) => {
      const row = `| \`${option.name}\` | ${typeOf(option)} | ${defaultOf(option)} | ${purposeOf(option)}`;
      const first = shown.get(row);
      if (first === undefined) {
        shown.set(row, owner.name);
        return [`${`${row} ${moreOn(option, owner, tables)}`.trim()} |`];
      }
      known.set(first, [...(known.get(first) ?? []), `\`${option.name}\``]);
      return [];
    });
  const same = [...known].map(([first, names]) => `The same as in [${first}](#${anchorOf(first)}): ${names.join(', ')}.`);
  return [
    `## ${titleOf(owner.name)}`,
    `From \`${owner.from}\`${inherited}.${placesOf(tables)}`,
    ['| option | type | default | description |', '|---|---|---|---|', ...rows].join('\n'),
    ...same,
  ].join('\n\n');
}

/** The reference of options as the source has them, with links to the tables that explain them. */
export function renderOptions(owners: readonly ListedOwner[], tables: readonly OptionTable[]): string {
  const shown: Shown = new Map();
  return `${[INTRODUCTION.trim(), ...owners.map((owner) => section(owner, tables, shown))].join('\n\n')}\n`;
}
