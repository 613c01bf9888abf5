import type { Outbox } from '@parse-factors/core';

/**
 * The one-time code in the newest message of an outbox.
 *
 * @param to only messages to this address; any by default
 * @throws Error when there is none
 */
export function lastCode({ messages }: Pick<Outbox, 'messages'>, to?: string): string {
  const message = messages.findLast((candidate) => to === undefined || candidate.to === to);
  const code = /\b\d{6,9}\b/.exec(message?.text ?? '')?.[0];
  if (code === undefined) throw new Error('lastCode: no message with a code');
  return code;
}
