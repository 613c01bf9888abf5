import { FactorConfigError } from '@parse-factors/core';
import { TimeoutError, withTimeout } from '@parse-factors/core/channel';
import { integerOption, type OptionRule, optional } from '@parse-factors/core/factor';
import { codes, faultFor, type Meaning, notAccepted } from './faults.js';

/** Accepts settings of a client of the AWS SDK. */
export const clientOption: OptionRule = optional({
  accepts: 'an object with settings of the client, such as { region, credentials }',
  isValid: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
});

export const AWS_RULES: { readonly timeoutMs: OptionRule } = { timeoutMs: integerOption(50, 60_000) };

/** Settings that every client has, whatever the application sets: one try. */
export const ONE_TRY: { readonly maxAttempts: number } = { maxAttempts: 1 };

/** Refuses settings that would send a message again. */
export function refuseRetries(owner: string, client: object | undefined): void {
  const name = ['maxAttempts', 'retryStrategy', 'retryMode'].find((each) => client !== undefined && each in client);
  if (name !== undefined) {
    throw new FactorConfigError(`${owner}: option "client" must not set ${name}; each message has one try`);
  }
}

const THROTTLED = codes(
  'throttled',
  'TooManyRequestsException',
  'LimitExceededException',
  'ThrottlingException',
  'ThrottledException',
  'Throttling',
  'Throttled',
);

/** An error of the AWS SDK. Its message may hold the address, and its response the whole request. */
interface AwsError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What ends a command: its message's signal, or its own time in milliseconds. */
interface AwsLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Sends a command of the AWS SDK, and turns its errors into those of a channel.
 *
 * @param send passes the signal on
 * @param meaningOf what a service's own error means
 */
export async function sendByAws<Reply>(
  { signal, timeoutMs }: AwsLimits,
  send: (signal: AbortSignal) => Promise<Reply>,
  meaningOf: (fault: AwsError) => Meaning | undefined,
): Promise<Reply> {
  try {
    return await withTimeout(timeoutMs, send, signal);
  } catch (fault) {
    if (fault instanceof TimeoutError) throw notAccepted('timeout');
    const { name, code, $metadata } = Object(fault) as AwsError;
    const status = $metadata?.httpStatusCode;
    const meaning = status === 429 ? 'throttled' : (THROTTLED[String(name)] ?? meaningOf(fault as AwsError));
    const named = [code, name].find((each) => typeof each === 'string' && /^[A-Za-z_]{2,40}$/.test(each));
    throw faultFor(meaning, typeof named === 'string' ? named : 'unknown');
  }
}

/**
 * Reaches a service by a command that only reads. Any answer of the service will do, because the role may be allowed nothing but
 * sending.
 *
 * @param ask passes the signal on
 * @throws MessageNotAccepted if there was no answer, or no credentials were found
 */
export async function reachAws(limits: AwsLimits, ask: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const isAnswer = (fault: unknown): boolean => (Object(fault) as AwsError).$metadata?.httpStatusCode !== undefined;
  const asking = (signal: AbortSignal): Promise<unknown> =>
    ask(signal).catch((fault: unknown) => {
      if (!isAnswer(fault)) throw fault;
    });
  await sendByAws(limits, asking, () => undefined);
}
