import { FactorError } from '@parse-factors/core';
import { MessageNotAccepted, RecipientUnreachable } from '@parse-factors/core/channel';

/**
 * What a provider's own code means, if it is no failure of the channel:
 * - `refused`: the address is invalid or blocked, or its user has unsubscribed
 * - `unreachable`: only this channel cannot reach the recipient
 * - `throttled`: the account sends too much at once
 */
export type Meaning = 'refused' | 'unreachable' | 'throttled';

/** The same meaning for several codes. */
export const codes = (meaning: Meaning, ...list: readonly (string | number)[]): Readonly<Record<string, Meaning>> =>
  Object.fromEntries(list.map((code) => [code, meaning]));

/** Makes the error of a message that was not accepted. Events show `code`, so it must hold nothing of the message. */
export const notAccepted = (code: string): Error => Object.assign(new MessageNotAccepted(), { code });

/** Makes the error for a reply of the provider. */
export function faultFor(meaning: Meaning | undefined, code: string): Error {
  if (meaning === 'throttled') return notAccepted('throttled');
  if (meaning === 'unreachable') return Object.assign(new RecipientUnreachable(), { code });
  return meaning === 'refused' ? new FactorError('address_refused', { cause: notAccepted(code) }) : notAccepted(code);
}
