import { FactorClientError, type FactorErrorSlug } from '@parse-factors/client';
import { factorName } from './factor-names.js';

/** An error in words for the user. */
export interface Fault {
  readonly text: string;
  /** When the user can try again. */
  readonly retryAt?: Date;
}

/** Thrown when the user cancels. The app shows no message. */
export class Cancelled extends Error {}

/** Whether the SDK reports that the session has ended. */
export const isSessionEnded = (fault: unknown): boolean => codeOf(fault) === 209;

/** Whether Parse Server reports that another user has this user name. */
export const isNameTaken = (fault: unknown): boolean => codeOf(fault) === 202;

const SENTENCES: { readonly [Slug in FactorErrorSlug]?: string } = {
  code_rejected: 'This was not accepted. Check the code, or get a new one. Each code works once.',
  code_expired: 'This code has expired. Get a new one.',
  locked: 'Too many wrong codes. This sign-in method is locked for a while.',
  cooldown: 'You have requested too many codes in a short time.',
  not_enrolled: 'You have not set up this sign-in method. Choose another one, or set it up first.',
  already_enrolled: 'You have already set up this sign-in method.',
  fresh_proof_required: "Verify it's you, then try again.",
  session_required: 'Sign in first.',
  address_refused: 'This address or number cannot be used here. Try another one.',
  password_refused: 'This password is easy to guess, or known from a data breach. Choose another one.',
  delivery_failed: 'The message could not be sent. Try again, or choose another way.',
  unavailable: 'The server has a problem. Nothing has changed. Try again in a moment.',
};

const UNREACHABLE = 'The server cannot be reached. Check your connection, then try again.';

const PARSE_SENTENCES: Readonly<Record<number, string>> = {
  100: UNREACHABLE,
  101: 'Wrong name or password.',
  202: 'This name is taken. Choose another one.',
  209: 'You have been signed out. Sign in again.',
};

const BROWSER_SENTENCES: Readonly<Record<string, string>> = {
  NotAllowedError: 'No passkey was used. Try again, or choose another way.',
  AbortError: 'No passkey was used. Try again, or choose another way.',
  InvalidStateError: 'This device already has a passkey for this account.',
  NotSupportedError: 'This browser does not support passkeys. Choose another way.',
};

const codeOf = (fault: unknown): number => Number((fault as { readonly code?: unknown } | null)?.code);

/** Turns any error into a message for the user. Returns undefined when the user has cancelled. */
export function errorMessageFor(fault: unknown): Fault | undefined {
  if (fault instanceof Cancelled) return undefined;
  if (fault instanceof FactorClientError) {
    const text = SENTENCES[fault.slug] ?? sentenceOf(fault);
    return { text, ...(fault.retryAt !== undefined && { retryAt: fault.retryAt }) };
  }
  if (isUnanswered(fault)) return { text: UNREACHABLE };
  const { name = '', message = '' } = fault instanceof Error ? fault : {};
  return { text: BROWSER_SENTENCES[name] ?? PARSE_SENTENCES[codeOf(fault)] ?? (message || 'Something went wrong. Try again.') };
}

/** Whether no reply came. A browser then throws a `TypeError`, and the SDK an error whose `code` is undefined. */
const isUnanswered = (fault: unknown): boolean =>
  fault instanceof TypeError || (fault instanceof Error && 'code' in fault && fault.code === undefined);

/** For all other errors the server's message names the field or the missing factors. */
function sentenceOf({ message, missing }: FactorClientError): string {
  if (missing.length > 0) return `Also needed: ${missing.map((key) => factorName(key).name).join(', ')}.`;
  return message.replace(/^\w+: /, '');
}
