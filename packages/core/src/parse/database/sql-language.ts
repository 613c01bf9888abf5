import {
  type Arguments,
  argumentsBy,
  type Kinds,
  type Language,
  RESULT_COLUMNS,
  type RowOf,
} from '../../store/rules/language.js';
import { decide } from '../../store/rules/value-language.js';
import type { Verb } from '../../store/rules/verb.js';
import { VerbRules } from '../../store/rules/verb-rules.js';
import { writtenColumns } from '../../store/rules/written-columns.js';
import { type Column, COLUMNS, EMPTY_ROW } from '../../store/subject-row.js';

/** A number that depends on nothing but the arguments. It is calculated before the statement is sent. */
interface Known {
  /** Numbers of the same name are equal. */
  readonly name: string;
  readonly from: (given: Partial<Arguments>) => unknown;
}

interface SqlKinds extends Kinds {
  readonly number: string | Known;
  readonly truth: string;
  readonly text: string;
  readonly texts: string;
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** Writes expressions of SQL, and collects the parameters that they need. */
class SqlLanguage implements Language<SqlKinds> {
  /** The parameters after the first one, which is the name of the row. */
  readonly parameters: Known[] = [];

  number(value: number): Known {
    return { name: String(value), from: () => value };
  }

  text(value: string): string {
    return text(value);
  }

  add(a: string | Known, b: string | Known): string | Known {
    return this.#combine(
      a,
      b,
      (one, other) => one + other,
      (one, other) => `(${one} + ${other})`,
    );
  }

  multiply(a: string | Known, b: string | Known): string {
    return `(${this.write(a)} * ${this.write(b)})`;
  }

  smaller(a: string | Known, b: string | Known): string | Known {
    return this.#combine(a, b, Math.min, (one, other) => `least(${one}, ${other})`);
  }

  larger(a: string | Known, b: string | Known): string | Known {
    return this.#combine(a, b, Math.max, (one, other) => `greatest(${one}, ${other})`);
  }

  powerOf2(exponent: string | Known): string {
    return `power(2, ${this.write(exponent)})`;
  }

  exceeds(a: string | Known, b: string | Known): string {
    return `(${this.write(a)} > ${this.write(b)})`;
  }

  isAtMost(a: string | Known, b: string | Known): string {
    return `(${this.write(a)} <= ${this.write(b)})`;
  }

  equals(a: string | Known, b: string | Known): string {
    return `(${this.write(a)} = ${this.write(b)})`;
  }

  isText(a: string, b: string): string {
    return `(${a} = ${b})`;
  }

  isOneOf(one: string, texts: string): string {
    return `(${one} = ANY (${texts}))`;
  }

  all(...conditions: readonly string[]): string {
    return `(${conditions.join(' AND ')})`;
  }

  any(...conditions: readonly string[]): string {
    return `(${conditions.join(' OR ')})`;
  }

  not(condition: string): string {
    return `(NOT ${condition})`;
  }

  choose(condition: string, whenTrue: string | Known, whenFalse: string | Known): string {
    return this.chooseText(condition, this.write(whenTrue), this.write(whenFalse));
  }

  chooseText(condition: string, whenTrue: string, whenFalse: string): string {
    return whenTrue === whenFalse ? whenTrue : `CASE WHEN ${condition} THEN ${whenTrue} ELSE ${whenFalse} END`;
  }

  /** Writes a known number as a literal or a parameter. */
  write(number: string | Known): string {
    if (typeof number === 'string') return number;
    return /^-?\d+$/.test(number.name) ? number.name : this.parameter(number, 'float8');
  }

  parameter(known: Known, type: string): string {
    const index = this.parameters.findIndex(({ name }) => name === known.name);
    const position = index === -1 ? this.parameters.push(known) : index + 1;
    return `{${position}}::${type}`;
  }

  #combine(
    a: string | Known,
    b: string | Known,
    calculate: (one: number, other: number) => number,
    write: (one: string, other: string) => string,
  ): string | Known {
    if (typeof a === 'string' || typeof b === 'string') return write(this.write(a), this.write(b));
    const from = (given: Partial<Arguments>): number => calculate(Number(a.from(given)), Number(b.from(given)));
    return { name: write(a.name, b.name), from };
  }
}

/** A statement for a verb. It returns a row of {@link RESULT_COLUMNS} if it has changed the row. */
export interface SqlStatement {
  readonly sql: string;
  /** Whether another statement must find out why, if it returns no row. */
  readonly refuses: boolean;
  /** Returns the parameters after the first one, which is the name of the row. */
  readonly parameters: (given: Partial<Arguments>) => readonly unknown[];
}

/** The row that is there. */
const STORED = Object.fromEntries(COLUMNS.map((column) => [column, `s."${column}"`])) as unknown as RowOf<SqlKinds>;

/**
 * Builds the one statement of a verb, for Postgres. It changes the row by an `UPDATE`, and makes it by `INSERT … ON CONFLICT`
 * where the verb does. In both, the database decides on the newest version of the row, which it has locked.
 */
export function sqlStatement(verb: Verb, className: string): SqlStatement {
  const on = new SqlLanguage();
  const given = argumentsBy<SqlKinds>((name) => {
    const known = { name, from: (values: Partial<Arguments>) => values[name] };
    return name === 'digest' || name === 'digests' ? on.parameter(known, name === 'digest' ? 'text' : 'text[]') : known;
  });
  const decision = new VerbRules<SqlKinds>(on)[verb](STORED, given);
  const { columns, refused } = writtenColumns<SqlKinds>(on, decision, STORED);
  const set = Object.entries<string | Known>(columns).map(([column, value]) => [column, on.write(value)] as const);
  const changed = set.map(([column, value]) => `"${column}" = ${value}`).join(', ');
  const condition = refused === undefined ? '' : `NOT ${refused}`;
  const returned = `RETURNING ${RESULT_COLUMNS.map((column) => `s."${column}"`).join(', ')}`;
  const numbered = (sql: string, more: SqlStatement['parameters'] = () => []): SqlStatement => {
    const used = [...new Set(Array.from(sql.matchAll(/\{(\d+)\}/g), ([, position]) => Number(position)))];
    return {
      sql: sql
        .replaceAll(/\{(\d+)\}/g, (_, position) => `$${used.indexOf(Number(position)) + 2}`)
        .replaceAll(/\{\+(\d+)\}/g, (_, position) => `$${used.length + 1 + Number(position)}`),
      refuses: decision.refusals !== undefined,
      parameters: (passed) => [...used.map((position) => on.parameters[position - 1]?.from(passed)), ...more(passed)],
    };
  };
  if (!decision.creates) {
    const where = `s."objectId" = $1${condition && ` AND ${condition}`}`;
    return numbered(`UPDATE "${className}" AS s SET ${changed} WHERE ${where} ${returned}`);
  }
  // What does not depend on the row is the same in a new one. The rest is calculated, by the same rule.
  const calculated: Column[] = [];
  const values = COLUMNS.map((column) => {
    const value = set.find(([name]) => name === column)?.[1];
    if (value === undefined) return literal(EMPTY_ROW[column]);
    if (!value.includes('s.')) return value;
    return `{+${calculated.push(column)}}`;
  });
  const names = ['objectId', 'createdAt', 'updatedAt', ...COLUMNS].map((column) => `"${column}"`).join(', ');
  return numbered(
    `INSERT INTO "${className}" AS s (${names}) VALUES ($1, now(), now(), ${values.join(', ')}) ` +
      `ON CONFLICT ("objectId") DO UPDATE SET ${changed}${condition && ` WHERE ${condition}`} ${returned}`,
    (passed) => {
      const first = decide(verb, EMPTY_ROW, false, passed)?.written ?? EMPTY_ROW;
      return calculated.map((column) => first[column]);
    },
  );
}

const literal = (value: string | number): string => (typeof value === 'string' ? text(value) : String(value));
