import { asObject } from '../../validation/json-object.js';
import { integerOption, type OptionRule } from '../../validation/options.js';

/**
 * When to close a country because too few of its codes come back (SMS pumping, toll fraud).
 *
 * Each message to a new number uses one of `messages`. Each code that comes back restores as many as one code of `minPercent`
 * stands for, such as five for 20 percent. A country is closed while none is left. All servers count together, in the store.
 */
export interface ConversionLimit {
  /** The least share of codes that must come back, in percent, 10 to 50. It counts as the next smaller of 1/2, 1/3 … 1/10. */
  readonly minPercent: number;
  /** How many messages may be without their share of codes, 10 to 1,000,000. Must exceed the messages that are on their way. */
  readonly messages: number;
  /** After how long the count begins anew, and a closed country opens, in milliseconds, 10 minutes to a day. */
  readonly windowMs: number;
}

/** Accepts a {@link ConversionLimit}. */
export const conversionOption: OptionRule = {
  accepts:
    '{ minPercent, messages, windowMs }: minPercent from 10 to 50, messages from 10 to 1,000,000, windowMs from 600,000 to 86,400,000',
  isValid: (value) => {
    const { minPercent, messages, windowMs, ...others } = asObject(value) ?? {};
    const isSound = PERCENT.isValid(minPercent) && MESSAGES.isValid(messages) && WINDOW.isValid(windowMs);
    return isSound && Object.keys(others).length === 0;
  },
};

const PERCENT = integerOption(10, 50);
const MESSAGES = integerOption(10, 1e6);
const WINDOW = integerOption(10 * 60_000, 24 * 60 * 60_000);
