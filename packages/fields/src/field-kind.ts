import type { FieldRule } from '@parse-factors/core/factor';

/** How one kind of field is read, and brought to the one form in which it is compared. */
export interface FieldKind extends Omit<FieldRule, 'tidy'> {
  /** The one form of what was typed, and of what is stored; undefined, or nothing, where it has none. Applied twice it gives the same. */
  readonly normalise: (text: string) => string | undefined;
  /** What the database holds, as text; undefined for what has none, which nothing matches. */
  readonly toText: (stored: unknown) => string | undefined;
}

/** Anything that can be seen: no controls, no invisible characters, no halves of a pair, nothing private or unassigned. */
const VISIBLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
const MAX_FOLDS = 4;

const isoDateOf = (date: Date): string | undefined =>
  Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 10);

/** Texts as they are, and whole numbers in decimal digits. */
const plainText = (stored: unknown): string | undefined => {
  if (typeof stored === 'string') return stored;
  return Number.isSafeInteger(stored) ? String(stored) : undefined;
};

/** NFKC (Unicode Standard Annex 15), no white space around, single spaces within. */
const tidy = (text: string): string => text.normalize('NFKC').trim().replace(/\s+/gu, ' ');

/** Until nothing changes any more: what one step makes may be joined differently by the next. */
function untilStable(text: string, step: (text: string) => string): string {
  let [before, after] = [text, step(text)];
  for (let fold = 1; fold < MAX_FOLDS && after !== before; fold += 1) [before, after] = [after, step(after)];
  return after;
}

/** Text whose case and spacing do not matter: `" Ａnn  Lee"` is `"ann lee"`. At most 100 characters. The default. */
export const caseless: FieldKind = Object.freeze({
  maxLength: 100,
  pattern: VISIBLE,
  accepts: 'a text of 1 to 100 characters',
  // Upper case first, so that letters which only fold together there do: "ß" and "ss".
  normalise: (text: string) => untilStable(text, (step) => tidy(step).toUpperCase().toLowerCase()),
  toText: plainText,
});

/** Text whose case matters, and whose spacing does not. At most 100 characters. */
export const exact: FieldKind = Object.freeze({ ...caseless, normalise: (text: string) => untilStable(text, tidy) });

/** ASCII digits; spaces, dots, dashes and slashes between them do not matter: `"12-34 56"` is `"123456"`. At most 40 characters. */
export const digits: FieldKind = Object.freeze({
  maxLength: 40,
  pattern: /^[0-9][0-9 ./-]*$/,
  accepts: 'a number of up to 40 digits',
  normalise: (text: string) => (/^[0-9 ./-]*[0-9][0-9 ./-]*$/.test(text) ? text.replaceAll(/[ ./-]/g, '') : undefined),
  toText: plainText,
});

/**
 * A day as `YYYY-MM-DD` (ISO 8601). Stored may be a `Date`, whose day is that in UTC, or a text that begins
 * with such a day.
 */
export const isoDate: FieldKind = Object.freeze({
  maxLength: 10,
  pattern: /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/,
  accepts: 'a date, as YYYY-MM-DD',
  // The 31st of February is the 3rd of March to JavaScript.
  normalise: (text: string) => (isoDateOf(new Date(`${text}T00:00:00Z`)) === text ? text : undefined),
  toText: (stored: unknown) => {
    if (stored instanceof Date) return isoDateOf(stored);
    return typeof stored === 'string' && /^.{10}(?:T|$)/.test(stored) ? stored.slice(0, 10) : undefined;
  },
});
