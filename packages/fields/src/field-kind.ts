import type { FieldRule } from '@parse-factors/core/factor';

/** How one kind of field is read and normalised for comparison. */
export interface FieldKind extends Omit<FieldRule, 'tidy'> {
  /**
   * Returns the normalised form of a typed or stored text. Undefined or an empty string means that the text has none. It must
   * be idempotent.
   */
  readonly normalise: (text: string) => string | undefined;
  /** Returns a stored value as text. Undefined means that nothing can match it. */
  readonly toText: (stored: unknown) => string | undefined;
}

/** Visible characters only: no controls, invisible characters, lone surrogates, private or unassigned characters. */
const VISIBLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
const MAX_FOLDS = 4;

const isoDateOf = (date: Date): string | undefined =>
  Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 10);

/** Strings unchanged, and safe integers in decimal digits. */
const plainText = (stored: unknown): string | undefined => {
  if (typeof stored === 'string') return stored;
  return Number.isSafeInteger(stored) ? String(stored) : undefined;
};

/** NFKC (Unicode Standard Annex 15), no white space at the ends, single spaces inside. */
const tidy = (text: string): string => text.normalize('NFKC').trim().replace(/\s+/gu, ' ');

/**
 * Repeats a step until nothing changes, because the result of one step may compose differently in the next. Stops after four
 * repetitions.
 */
function untilStable(text: string, step: (text: string) => string): string {
  let [before, after] = [text, step(text)];
  for (let fold = 1; fold < MAX_FOLDS && after !== before; fold += 1) [before, after] = [after, step(after)];
  return after;
}

/** Text compared without case and spacing: `" Ａnn  Lee"` is `"ann lee"`. At most 100 characters. The default. */
export const caseless: FieldKind = Object.freeze({
  maxLength: 100,
  pattern: VISIBLE,
  accepts: 'a string of 1 to 100 characters',
  // Upper case first, because some letters fold together only there: "ß" and "ss".
  normalise: (text: string) => untilStable(text, (step) => tidy(step).toUpperCase().toLowerCase()),
  toText: plainText,
});

/** Text compared with case but without spacing. At most 100 characters. */
export const exact: FieldKind = Object.freeze({ ...caseless, normalise: (text: string) => untilStable(text, tidy) });

/**
 * ASCII digits. Spaces, dots, dashes and slashes between them are ignored: `"12-34 56"` is `"123456"`. At most 40 characters.
 */
export const digits: FieldKind = Object.freeze({
  maxLength: 40,
  pattern: /^[0-9][0-9 ./-]*$/,
  accepts: 'a number of up to 40 digits',
  normalise: (text: string) => (/^[0-9 ./-]*[0-9][0-9 ./-]*$/.test(text) ? text.replaceAll(/[ ./-]/g, '') : undefined),
  toText: plainText,
});

/** A day as `YYYY-MM-DD` (ISO 8601). The stored value may be a `Date`, read in UTC, or a text that begins with such a day. */
export const isoDate: FieldKind = Object.freeze({
  maxLength: 10,
  pattern: /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/,
  accepts: 'a date, as YYYY-MM-DD',
  // JavaScript reads 31 February as 3 March, so the result is compared with the input.
  normalise: (text: string) => (isoDateOf(new Date(`${text}T00:00:00Z`)) === text ? text : undefined),
  toText: (stored: unknown) => {
    if (stored instanceof Date) return isoDateOf(stored);
    return typeof stored === 'string' && /^.{10}(?:T|$)/.test(stored) ? stored.slice(0, 10) : undefined;
  },
});
