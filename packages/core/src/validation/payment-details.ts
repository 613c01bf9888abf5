import { type FieldRule, readFields } from './payload.js';
import { asciiDigits } from './typed-code.js';

/** What a code confirms: the amount and the payee of a payment (PSD2 RTS, article 5). The message shows both as they are. */
export interface PaymentDetails {
  /**
   * The amount with its currency, as the user reads it, such as `12.50 EUR` or `1 234,56 €`: 1 to 40 characters with one number,
   * in digits of any script. More than 9 digits before the decimals are grouped. A number of 7 digits or more needs a currency.
   * Beside the number only letters, spaces, currency signs and `. , ' ’ / -`.
   */
  readonly amount: string;
  /**
   * Who is paid, such as `ACME GmbH`: one line of 1 to 64 letters, digits, spaces, currency signs and punctuation marks, with at
   * least one letter or digit. No links, phone numbers, invisible characters or emoji. A name such as `acme.com` counts as a
   * link, because phones make one of it.
   */
  readonly payee: string;
}

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1?\d?\d)`;
/** What phones and mail programs make links of: a scheme, `www.`, an email address, a host name, or an IP address. */
const LINK = new RegExp(
  String.raw`[a-z][a-z\d+.-]*:\S|::|www[.。]|@|[\p{L}\p{N}-][.。]\p{L}{2}|(?<!\d)(?:${OCTET}[.。]){3}${OCTET}(?!\d)`,
  'iu',
);
/**
 * What phones offer to call: 7 digits without a letter between them, whatever else separates them. Signs that only lengthen or
 * repeat a sound count as no letters: software takes a Japanese `ー` for a dash.
 */
const PHONE_NUMBER = /(?:\p{N}(?:[^\p{L}\p{N}]|\p{Lm})*){7}/u;
/** Characters without ink. Unicode calls most of them ignorable, and four of them symbols or letters. */
const BLANK = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{2800}\u{13441}\u{13442}\u{16FE4}]/u;
/** Signs that cover the lines above and below. No script has as many on one letter. */
const STACKED = /\p{M}{6}/u;

/** Vowels of Indian scripts are marks, so host names are looked for without marks. */
const isLink = (text: string): boolean => LINK.test(text.replaceAll(/\p{M}/gu, ''));

const isSoundLine = (text: string): boolean =>
  text === text.trim() && !text.includes('  ') && !BLANK.test(text) && !STACKED.test(text) && !isLink(text);

/** The one number of an amount, in ASCII digits. A phone number begins with zeros or a plus, or has groups of other lengths. */
const NUMBERS: readonly string[] = [
  String.raw`0(?:[.,٫]\d{1,8})?`,
  String.raw`[1-9]\d{0,8}(?:[.,٫]\d{1,3})?`,
  String.raw`[1-9]\d{0,2}([ .,'’٬])\d{3}(?:\1\d{3}){0,4}(?:(?!\1)[.,٫]\d{1,3})?`,
  String.raw`[1-9]\d?(?:,\d{2}){1,5},\d{3}(?:\.\d{1,3})?`, // as in India: 12,34,567.50
];
const AMOUNT = new RegExp(String.raw`^\D*(?:${NUMBERS.join('|')})\D*$`, 'u');
const CURRENCY = /[\p{L}\p{Sc}]/u;
const LONG_NUMBER = /(?:\d\D*){7}/u;

const isAmount = (text: string): boolean => AMOUNT.test(text) && (CURRENCY.test(text) || !LONG_NUMBER.test(text));

/** Fractions and `™` are other characters in the compatibility form. */
const PAYEE = /^(?=.*[\p{L}\p{N}])[\p{L}\p{Mn}\p{Mc}\d\p{P}\p{Sc} +°®|`⁄]+$/u;

const isPayee = (text: string): boolean => PAYEE.test(text) && !PHONE_NUMBER.test(text);

/**
 * Makes a function that returns a text in one form of Unicode (NFC); empty, which no rule accepts, if the text is refused. It
 * judges the compatibility form (NFKC) in ASCII digits, because phones find links and numbers in full-width letters, too.
 */
const tidyIf =
  (isSound: (text: string) => boolean) =>
  (text: string): string => {
    const judged = asciiDigits(text.normalize('NFKC'));
    return isSoundLine(judged) && isSound(judged) ? text.normalize('NFC') : '';
  };

const RULES: Readonly<Record<keyof PaymentDetails, FieldRule>> = {
  amount: {
    maxLength: 40,
    tidy: tidyIf(isAmount),
    // Not the compatibility form: 10² is no 102.
    pattern: /^[\p{L}\p{M}\p{Nd}\p{Zs}\p{Sc}.,'’/٫٬-]{1,40}$/u,
    accepts: 'an amount of 1 to 40 characters with one number and its currency, such as "12.50 EUR"',
  },
  payee: {
    maxLength: 64,
    tidy: tidyIf(isPayee),
    pattern: /^.{1,64}$/u,
    accepts: 'a name of 1 to 64 characters on one line, without links, phone numbers, invisible characters and emoji',
  },
};

/**
 * Reads the details of a payment. The result is in one form of Unicode (NFC).
 *
 * @throws FactorError `invalid_input`, naming the field but never its value
 */
export const readPaymentDetails = (details: unknown): PaymentDetails => readFields(details, RULES);

/** The details in one unambiguous text, for the digest of a code. */
export const canonicalDetails = ({ amount, payee }: PaymentDetails): string => JSON.stringify([amount, payee]);
