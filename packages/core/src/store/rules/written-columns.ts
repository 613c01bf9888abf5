import { type Column, COLUMNS } from '../subject-row.js';
import type { Change, Decision, Kinds, Language, RowOf } from './language.js';

/** What a verb writes, as expressions of a language. */
export interface Written<K extends Kinds> {
  /** When it writes nothing. */
  readonly refused: K['truth'] | undefined;
  /** The columns that can change. */
  readonly columns: Partial<RowOf<K>>;
}

/** Turns a decision into one expression for each column, for a store that decides in its database. */
export function writtenColumns<K extends Kinds>(on: Language<K>, decision: Decision<K>, row: RowOf<K>): Written<K> {
  const { unless, refusals = [], changes } = decision;
  const [last, ...earlier] = changes.toReversed();
  if (last === undefined) throw new TypeError('a verb that changes nothing');
  const each = <Kind extends 'number' | 'text'>(
    valueIn: (change: Change<K>) => K[Kind],
    choose: (condition: K['truth'], whenTrue: K[Kind], whenFalse: K[Kind]) => K[Kind],
  ): K[Kind] =>
    earlier.reduce(
      (otherwise, change) => (change.when === undefined ? valueIn(change) : choose(change.when, valueIn(change), otherwise)),
      valueIn(last),
    );
  const choose: Language<K>['choose'] = (...given) => on.choose(...given);
  const chooseText: Language<K>['chooseText'] = (...given) => on.chooseText(...given);
  const columns = COLUMNS.filter((column) => changes.some(({ set }) => set[column] !== undefined));
  const number = (column: Exclude<Column, 'digest'>): K['number'] =>
    each<'number'>(({ set }) => set[column] ?? row[column], choose);
  const digest = (): K['text'] => each<'text'>(({ set }) => set.digest ?? row.digest, chooseText);
  const reasons = [...(unless === undefined ? [] : [unless]), ...refusals.map(({ when }) => when)];
  return {
    refused: reasons.length === 0 ? undefined : on.any(...reasons),
    columns: Object.fromEntries(columns.map((column) => [column, column === 'digest' ? digest() : number(column)])),
  };
}
