/** Maximum length of a typed code in characters, including separators. */
export const MAX_TYPED = 64;

/** Spaces, line ends, hyphens, dashes, and invisible characters such as a zero-width space. */
const BETWEEN = /[\p{White_Space}\p{Pd}\u2212\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const DIGIT = /\p{Nd}/gu;
const isDigit = (codePoint: number): boolean => /^\p{Nd}$/u.test(String.fromCodePoint(codePoint));

/**
 * Returns the value of a decimal digit of any script. The digits of a script have ten consecutive code points, from 0
 * to 9 (Unicode Standard, section 4.6).
 */
function digitValue(digit: string): string {
  const codePoint = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (isDigit(codePoint - before - 1)) before += 1;
  return String(before % 10);
}

/** Converts decimal digits of any script to ASCII. Other characters stay. */
export const asciiDigits = (text: string): string => text.replaceAll(DIGIT, digitValue);

/**
 * Returns the normalised form of a typed or pasted code. It applies NFKC (Unicode Standard Annex 15), removes spaces,
 * hyphens and invisible characters, and converts decimal digits of any script to ASCII. `" １２３-４５６\n"` becomes
 * `"123456"`. Other characters stay. A text of more than {@link MAX_TYPED} characters is returned unchanged.
 */
export function typedCode(text: string): string {
  if (text.length > MAX_TYPED) return text;
  const rest = asciiDigits(text.normalize('NFKC').replaceAll(BETWEEN, ''));
  return rest.normalize('NFKC'); // Removing a space can leave an accent behind a letter, to be composed.
}
