/** Most characters of a typed code that are looked at, with all that stands between and around them. */
export const MAX_TYPED = 64;

/** Spaces and line ends, hyphens and dashes, and what cannot be seen, such as a zero-width space. */
const BETWEEN = /[\p{White_Space}\p{Pd}\u2212\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const DIGIT = /\p{Nd}/gu;
const isDigit = (codePoint: number): boolean => /^\p{Nd}$/u.test(String.fromCodePoint(codePoint));

/** The value of a decimal digit of any script: its digits stand in a row of ten, from 0 to 9 (Unicode Standard, section 4.6). */
function digitValue(digit: string): string {
  const codePoint = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (isDigit(codePoint - before - 1)) before += 1;
  return String(before % 10);
}

/**
 * The one form of a code, however it was typed or pasted: NFKC (Unicode Standard Annex 15), without spaces, hyphens and
 * invisible characters, decimal digits of any script as ASCII. `" １２３-４５６\n"` is `"123456"`. What else stands in it
 * stays, and so does a text of more than {@link MAX_TYPED} characters.
 */
export function typedCode(text: string): string {
  if (text.length > MAX_TYPED) return text;
  const rest = text.normalize('NFKC').replaceAll(BETWEEN, '').replaceAll(DIGIT, digitValue);
  return rest.normalize('NFKC'); // an accent that stood after a space now stands on the letter before it
}
