import { FactorClientError, type Reply } from '@parse-factors/client';

/** Longer than this is no pause between two codes, but a limit that was reached. */
const PAUSE_MS = 90_000;

/** Sends a code. Where one was asked for a moment ago, that one may be good still: the reply says when the next can be sent. */
export async function sendCode(send: () => Promise<Reply>): Promise<Reply> {
  try {
    return await send();
  } catch (fault) {
    const { slug, retryAt } = fault instanceof FactorClientError ? fault : {};
    if (slug !== 'cooldown' || retryAt === undefined || retryAt.getTime() > Date.now() + PAUSE_MS) throw fault;
    return { status: 'waiting', resendAt: retryAt.toISOString() };
  }
}
