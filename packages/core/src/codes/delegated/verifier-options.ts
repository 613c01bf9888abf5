import { isVerifier, type Verifier } from '../../delivery/verifier.js';
import { FactorConfigError } from '../../error/config-error.js';
import { integerOption, type OptionRule } from '../../validation/options.js';

/** The lengths of codes that the server makes. */
const OWN_LENGTH = integerOption(6, 9);
/** Lengths of codes. Those that only providers make are refused without a verifier: see {@link assertVerifierOptions}. */
export const CODE_LENGTH: OptionRule = {
  ...integerOption(4, 10),
  accepts: `${OWN_LENGTH.accepts}, or from 4 to 10 with a verifier`,
};

/** The options that a verifier concerns. */
interface ConcernedOptions {
  readonly channel: unknown;
  readonly codeLength: number;
  readonly validityMs: number;
  readonly message?: unknown;
  readonly testCodes?: unknown;
  readonly appName?: unknown;
}

/** What a verifier may say about itself. */
const RULES: readonly (readonly [keyof Verifier, OptionRule])[] = [
  ['codeLength', integerOption(4, 10)],
  ['validityMs', integerOption(30_000, 24 * 60 * 60_000)],
  ['rejectionMs', integerOption(0, 10_000)],
];

/**
 * Checks the options that depend on whether a provider makes the codes.
 *
 * @throws FactorConfigError naming the option
 */
export function assertVerifierOptions(owner: string, options: ConcernedOptions): void {
  const { channel, codeLength, validityMs } = options;
  const refuse = (text: string): never => {
    throw new FactorConfigError(`${owner}: option ${text}`);
  };
  if (!isVerifier(channel)) {
    if (!OWN_LENGTH.isValid(codeLength)) refuse(`"codeLength" must be ${OWN_LENGTH.accepts}`);
    return;
  }
  const wrong = RULES.find(([name, rule]) => channel[name] !== undefined && !rule.isValid(channel[name]));
  if (wrong !== undefined) refuse(`"channel" is a verifier whose "${wrong[0]}" must be ${wrong[1].accepts}`);
  if (channel.codeLength !== undefined && channel.codeLength !== codeLength) {
    refuse(`"codeLength" must be ${channel.codeLength}, the length of the verifier's codes`);
  }
  if (channel.validityMs !== undefined && channel.validityMs < validityMs) {
    refuse(`"validityMs" must be at most ${channel.validityMs}, the time for which the verifier accepts a code`);
  }
  const written = ['message', 'appName'] as const; // The name also stands in notifications.
  if (options.testCodes !== undefined)
    refuse('"testCodes" does not work with a verifier, whose provider checks the codes; leave it out');
  const unused = written.find((name) => options[name] !== undefined && (name === 'message' || channel.notify === undefined));
  if (unused !== undefined) refuse(`"${unused}" has no effect with a verifier, whose provider writes the message; leave it out`);
}
