import { FactorClientError, type Reply } from '@parse-factors/client';

/** A longer wait than this is not the pause between two codes: the user has reached a limit. */
const PAUSE_MS = 90_000;

/**
 * Sends a code. Two failures are no reason to stop, so this resolves to a reply of its own:
 *
 * - `waiting`: the server sent a code a moment ago, and that code may still be valid. `resendAt` is when the next one can be sent.
 * - `failed`: the code could not be sent, and there are other ways to send it.
 *
 * @param ways the ways by which the server can send the code, as far as the app knows them already
 */
export async function sendCode(send: () => Promise<Reply>, ways: readonly string[] = []): Promise<Reply> {
  const [via] = ways;
  const known = via === undefined ? {} : { ways: JSON.stringify(ways), via };
  try {
    return await send();
  } catch (fault) {
    const { slug, retryAt } = fault instanceof FactorClientError ? fault : {};
    if (slug === 'delivery_failed' && ways.length > 1) return { ...known, status: 'failed' };
    if (slug !== 'cooldown' || retryAt === undefined || retryAt.getTime() > Date.now() + PAUSE_MS) throw fault;
    return { ...known, status: 'waiting', resendAt: retryAt.toISOString() };
  }
}
