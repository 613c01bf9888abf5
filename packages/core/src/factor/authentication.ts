import { asObject } from '../validation/json-object.js';
import { choiceOption, listOption, type OptionRule, textOption } from '../validation/options.js';

/** All values of {@link Proves}. */
const PROVES = ['possession', 'knowledge', 'both', 'nothing'] as const;

/**
 * What a factor's credential proves, in the terms of NIST SP 800-63B-4, section 2: something that the user has
 * (`possession`), knows (`knowledge`), or `both`. `nothing` is for credentials that NIST does not count, such as codes by
 * email (section 3.1.3.1).
 */
export type Proves = (typeof PROVES)[number];

/** What a session knows about a method that it was opened with. */
export interface Authentication {
  /** The names of the method in RFC 8176, section 2, such as `otp`; none if the RFC has no name for it. */
  readonly amr: readonly string[];
  /** What its credential proves. */
  readonly proves: Proves;
}

/** Accepts an {@link Authentication}, or nothing. */
export const authenticationOption: OptionRule = {
  accepts: `{ amr: a list of strings, proves: ${PROVES.map((each) => JSON.stringify(each)).join(', ')} }, or left out`,
  isValid: (value) => {
    const { amr, proves, ...others } = asObject(value) ?? {};
    const isWhole = listOption(textOption(32), 5).isValid(amr) && choiceOption(...PROVES).isValid(proves);
    return value === undefined || (isWhole && Object.keys(others).length === 0);
  },
};
