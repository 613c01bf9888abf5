import { type FieldRule, readFields } from './payload.js';

/** What a code confirms: the amount and the payee of a payment (PSD2 RTS, article 5). The message shows both as they are. */
export interface PaymentDetails {
  /**
   * The amount with its currency, as the user reads it, such as `12.50 EUR`: 1 to 40 characters, with at least one digit.
   * Letters, digits, spaces, currency signs and `. , ' ’ - +` only.
   */
  readonly amount: string;
  /**
   * Who is paid, such as `ACME GmbH`: one line of 1 to 64 characters, without links and phone numbers. A name such as
   * `acme.com` counts as a link, because phones make one of it.
   */
  readonly payee: string;
}

/** What phones and mail programs make links of: a scheme, `www.`, an email address, or a host name. */
const LINK = /:\/\/|www[.。]|@|[\p{L}\p{N}-][.。]\p{L}{2}/iu;
/** What phones offer to call. */
const PHONE_NUMBER = /(?:\p{Nd}[\p{Zs}()./-]*){7}/u;

/** Full-width letters and dots make links too, so it looks at the compatibility form (NFKC). */
const isOneLine = (text: string): boolean =>
  text === text.trim() && !/[\p{C}\p{Zl}\p{Zp}]|\p{Zs}{2}/u.test(text) && !LINK.test(text.normalize('NFKC'));

/** Returns the text in one form of Unicode (NFC); empty, which no rule accepts, if it is not one line without links. */
const tidy = (text: string): string => (isOneLine(text) ? text.normalize('NFC') : '');

const RULES: Readonly<Record<keyof PaymentDetails, FieldRule>> = {
  amount: {
    maxLength: 40,
    tidy,
    pattern: /^(?=.*\p{Nd})[\p{L}\p{M}\p{Nd}\p{Zs}\p{Sc}.,'’+-]{1,40}$/u,
    accepts: 'an amount of 1 to 40 characters with its currency, such as "12.50 EUR"',
  },
  payee: {
    maxLength: 64,
    tidy: (text) => (PHONE_NUMBER.test(text) ? '' : tidy(text)),
    pattern: /^.{1,64}$/u,
    accepts: 'a name of 1 to 64 characters on one line, without links and phone numbers',
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
