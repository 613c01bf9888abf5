import { FactorClientError, type Reply } from '@parse-factors/client';

/** A longer wait than this is not the pause between two codes: the user has reached a limit. */
const PAUSE_MS = 90_000;

/**
 * Sends a code. If the server sent one a moment ago, that code may still be valid. Then this resolves to a reply with
 * the status `waiting` and the time when the next code can be sent.
 */
export async function sendCode(send: () => Promise<Reply>): Promise<Reply> {
  try {
    return await send();
  } catch (fault) {
    const { slug, retryAt } = fault instanceof FactorClientError ? fault : {};
    if (slug !== 'cooldown' || retryAt === undefined || retryAt.getTime() > Date.now() + PAUSE_MS) throw fault;
    return { status: 'waiting', resendAt: retryAt.toISOString() };
  }
}
