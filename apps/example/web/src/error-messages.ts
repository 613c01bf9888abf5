import { FactorClientError, type FactorErrorSlug } from '@parse-factors/client';
import { factorName } from './factor-names.js';

/** A fault as it is told to a person. */
export interface Fault {
  readonly text: string;
  /** When trying again can succeed. */
  readonly retryAt?: Date;
}

/** Thrown where somebody has thought better of it: nothing is to be told. */
export class Cancelled extends Error {}

/** The session has ended: the SDK's own error. */
export const isSessionEnded = (fault: unknown): boolean => codeOf(fault) === 209;

const SENTENCES: { readonly [Slug in FactorErrorSlug]?: string } = {
  code_rejected: 'That is not right. Check it, or get a new code. Each code works once.',
  code_expired: 'This code is no longer good. Get a new one.',
  locked: 'There were too many wrong answers, so nothing is checked for a while.',
  cooldown: 'Codes are not sent this often.',
  not_enrolled: 'This is not set up on your account.',
  already_enrolled: 'This is set up already.',
  fresh_proof_required: 'First confirm that it is you.',
  session_required: 'Sign in first.',
  address_refused: 'This address or number cannot be used here. Try another one.',
  delivery_failed: 'The message could not be sent. Try again, or choose another way.',
  unavailable: 'Something is out of order on the server. Nothing was changed; try again in a moment.',
};

const UNREACHABLE = 'The server cannot be reached. Check your connection, then try again.';

const PARSE_SENTENCES: Readonly<Record<number, string>> = {
  100: UNREACHABLE,
  101: 'The name or the password is not right.',
  202: 'This name is taken. Choose another one.',
  209: 'You have been signed out. Sign in again.',
};

const BROWSER_SENTENCES: Readonly<Record<string, string>> = {
  NotAllowedError: 'No passkey was used. Try again, or choose another way.',
  AbortError: 'No passkey was used. Try again, or choose another way.',
  InvalidStateError: 'This device holds a passkey of this account already.',
  NotSupportedError: 'This browser has no passkeys. Choose another way.',
};

const codeOf = (fault: unknown): number => Number((fault as { readonly code?: unknown } | null)?.code);

/** What a fault is called to a person; undefined where there is nothing to tell. */
export function explain(fault: unknown): Fault | undefined {
  if (fault instanceof Cancelled) return undefined;
  if (fault instanceof FactorClientError) {
    const text = SENTENCES[fault.slug] ?? sentenceOf(fault);
    return { text, ...(fault.retryAt !== undefined && { retryAt: fault.retryAt }) };
  }
  if (isUnanswered(fault)) return { text: UNREACHABLE };
  const { name = '', message = '' } = fault instanceof Error ? fault : {};
  return { text: BROWSER_SENTENCES[name] ?? PARSE_SENTENCES[codeOf(fault)] ?? (message || 'Something went wrong. Try again.') };
}

/** Where no answer came browsers throw a TypeError, and the SDK an error that has a code, and none. */
const isUnanswered = (fault: unknown): boolean =>
  fault instanceof TypeError || (fault instanceof Error && 'code' in fault && fault.code === undefined);

/** Of the others the server says what is wrong: which field, or which factors. */
function sentenceOf({ message, missing }: FactorClientError): string {
  if (missing.length > 0) return `Also needed: ${missing.map((key) => factorName(key).name).join(', ')}.`;
  return message.replace(/^\w+: /, '');
}
