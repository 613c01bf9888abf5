import type { Outbox } from '@parse-factors/core';

/**
 * Returns the one-time code in the newest message of an outbox.
 * @param to reads only messages to this address; any address by default
 * @throws Error if there is none
 */
export function lastCode({ messages }: Pick<Outbox, 'messages'>, to?: string): string {
  const message = messages.findLast((candidate) => to === undefined || candidate.to === to);
  const code = /\b\d{6,9}\b/.exec(message?.text ?? '')?.[0];
  if (code === undefined) throw new Error('lastCode: no message with a code');
  return code;
}
