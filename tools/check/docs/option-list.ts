import { OPTION_OWNERS, OTHER_OPTION_TYPES, type OptionOwner } from './option-owners.js';
import { probeOptions, type ProbedOption } from './option-probe.js';
import type { ExportedTypes, TypedOption } from './option-types.js';
import type { Problem } from './page.js';

/** An option as the source has it. */
export interface ListedOption extends TypedOption {
  /** What it accepts; undefined where nothing checks it. */
  readonly accepts: string | undefined;
  /** The default, where it is a text, a number or a boolean. */
  readonly fallback: string | undefined;
  readonly isRequired: boolean;
  /** The default, as pages say it. */
  readonly defaultText: string;
  /** Whether it is documented with what its owner extends, and has the same default here. */
  readonly isInherited: boolean;
}

/** An owner with its options. */
export interface ListedOwner {
  readonly owner: OptionOwner;
  readonly options: readonly ListedOption[];
}

/** Options, and what about them does not agree within the source. */
export interface OptionList {
  readonly owners: readonly ListedOwner[];
  readonly problems: readonly Problem[];
}

const grouped = (digits: string): string => digits.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

/** As pages write it: `600,000`, `SHA1`. */
export function written(value: unknown): string | undefined {
  if (typeof value === 'number') return grouped(String(value));
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
}

/** A default in the words of a comment. */
export const saidDefault = ({ says }: Pick<TypedOption, 'says'>): string | undefined =>
  /(?:^|[;:,.] )(`[^`]+`|[^;:,.`]*(?:,\d{3})*) by default/.exec(says)?.[1] ??
  /Default: ([^.]+)/.exec(says)?.[1] ??
  /by default ([^.;]+)/.exec(says)?.[1];

const plain = (word: string): string => word.replaceAll(/[`,]/g, '');
const isLiteral = (word: string): boolean => /^(?:\d+|true|false)$/.test(word);

function listed(
  owner: OptionOwner,
  typed: TypedOption,
  probed: ProbedOption | undefined,
  shared: ListedOption | undefined,
): ListedOption {
  const said = saidDefault(typed);
  const { given = {} } = owner;
  const literal = probed === undefined ? undefined : written(probed.fallback);
  const isGiven = Object.values(given).includes(probed?.fallback);
  const fallback = literal !== undefined && !isGiven ? literal : undefined;
  const isRequired = !typed.isOptional;
  const isUnsaid = probed?.fallback !== undefined && !isGiven;
  const text = fallback ?? (said !== undefined && isLiteral(plain(said)) ? said : undefined);
  const words = text === undefined ? (said ?? (isUnsaid ? '' : 'none')) : `\`${text.replaceAll('`', '')}\``;
  return {
    ...typed,
    accepts: probed?.accepts,
    isRequired,
    fallback,
    defaultText: isRequired ? 'required' : (owner.varying?.[typed.name] ?? words),
    isInherited: shared !== undefined && shared.isRequired === isRequired && shared.fallback === fallback,
  };
}

function faultsOf({ name, from }: OptionOwner, option: ListedOption): readonly Problem[] {
  const said = plain(saidDefault(option) ?? '');
  const [, least, most] = /\b([\d,]+) to ([\d,]+)\b(?! (?:minutes|hours?|days|seconds))/.exec(option.says) ?? [];
  const bounds = boundsOf(option.accepts)?.join(' to ');
  const faults = [
    option.says === '' && 'has no comment',
    option.defaultText === '' && 'has a default, and its comment does not say which',
    isLiteral(said) &&
      option.fallback !== undefined &&
      said !== plain(option.fallback) &&
      `has ${option.fallback} by default, and its comment says ${said}`,
    least !== undefined &&
      bounds !== undefined &&
      `${least} to ${most}` !== bounds &&
      `takes ${bounds}, and its comment says ${least} to ${most}`,
  ];
  return faults.flatMap((what) =>
    typeof what === 'string' ? [{ page: from, line: 1, what: `option ${option.name} of ${name} ${what}` }] : [],
  );
}

/** The least and the most of a whole number. */
export function boundsOf(accepts: string | undefined): readonly [string, string] | undefined {
  const [, min, max] = /^a whole number from (\d+) to (\d+)$/.exec(accepts ?? '') ?? [];
  return min === undefined || max === undefined ? undefined : [grouped(min), grouped(max)];
}

/** Lists the options of every owner, by their types and by what happens when they are given. */
export function listOptions(types: ExportedTypes): OptionList {
  const owners: ListedOwner[] = [];
  const problems: Problem[] = [];
  for (const owner of OPTION_OWNERS) {
    const typed = types.optionsOf(owner.from, owner.type);
    const probed = probeOptions(owner);
    const shared = owners.find(({ owner: { name } }) => name === owner.extends)?.options ?? [];
    const options = typed.map((each) =>
      listed(
        owner,
        each,
        probed?.get(each.name),
        shared.find(({ name }) => name === each.name),
      ),
    );
    const untaken = probed === undefined ? [] : typed.filter(({ name }) => !probed.has(name));
    const unknown = [...(probed?.keys() ?? [])].filter((name) => !typed.some((each) => each.name === name));
    problems.push(
      ...untaken.map(({ name }) => ({
        page: owner.from,
        line: 1,
        what: `${owner.name} does not take ${name}, which ${owner.type} has`,
      })),
      ...unknown.map((name) => ({ page: owner.from, line: 1, what: `${owner.type} lacks ${name}, which ${owner.name} takes` })),
      ...options.filter(({ isInherited }) => !isInherited).flatMap((option) => faultsOf(owner, option)),
    );
    owners.push({ owner, options });
  }
  const known = new Set([...OPTION_OWNERS.map(({ type }) => type), ...OTHER_OPTION_TYPES]);
  const missing = types.optionTypes.filter((name) => !known.has(name));
  problems.push(
    ...missing.map((name) => ({ page: 'tools/check/docs/option-owners.ts', line: 1, what: `lacks the owner of ${name}` })),
  );
  return { owners, problems };
}
