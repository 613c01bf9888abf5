import { setTimeout } from 'node:timers/promises';
import type { FactorContext } from '../../factor/context.js';
import { findRows } from '../database/find-rows.js';
import { type HookConfig, parseGlobal } from '../parse-types.js';
import { pointerTo } from './pointer.js';

const INVALID_SESSION_TOKEN = 209;
const OBJECT_NOT_FOUND = 101;
const MAX_SWEEPS = 40;
/** The longest time in milliseconds between a request's read of its session and its write to the cache. */
const SETTLE_MS = 250;

/**
 * Whether a session is stored. Legacy tokens, from before Parse Server had revocable sessions, identify no session: they count
 * as stored.
 */
export async function isStored({ database }: HookConfig, token: string | undefined): Promise<boolean> {
  if (!isRevocable(token)) return true;
  return (await findRows(database, '_Session', { sessionToken: token }, { limit: 1 })).length > 0;
}

/** Whether a token identifies a stored session. Legacy tokens do not. */
export const isRevocable = (token: string | undefined): token is string => token?.startsWith('r:') === true;

/** Returns Parse Server's own error for a request whose session has ended. */
export const sessionEnded = (): Error => new (parseGlobal().Error)(INVALID_SESSION_TOKEN, 'Invalid session token');

interface RevokeOptions {
  readonly keep?: string | undefined;
  readonly emit: FactorContext['emit'];
}

/**
 * Ends the user's sessions except one, and returns how many. Other servers may accept them until their caches expire.
 *
 * A running login checks by itself for changes, and so does a request that copies a session. A request that read a session
 * before its end may put it into the cache afterwards, so the cache is cleared once more after a while.
 *
 * @param options.keep the token of the session that stays
 * @param options.emit called with a fault when sessions keep coming until it gives up
 */
export async function revokeSessions(config: HookConfig, userId: string, { keep, emit }: RevokeOptions): Promise<number> {
  const others = { user: pointerTo(userId), ...(keep === undefined ? {} : { sessionToken: { $ne: keep } }) };
  const ended = new Set<string>();
  let isSettled = true;
  for (let round = 0; round < MAX_SWEEPS; round += 1) {
    const sessions = await findRows(config.database, '_Session', others, {});
    if (sessions.length === 0 && isSettled) return ended.size;
    isSettled = sessions.length === 0;
    if (isSettled) await setTimeout(SETTLE_MS);
    else
      await destroySessions(
        config,
        sessions.map(({ sessionToken }) => String(sessionToken)),
        ended,
      );
    // A request that read a session before its end may have put it into the cache since.
    for (const token of ended) await config.cacheController.user.del(token);
  }
  emit({ type: 'fault', reason: 'sessions_left' });
  return ended.size;
}

/** Ends exactly these sessions, so that each of them is counted and leaves the cache too. */
async function destroySessions(config: HookConfig, tokens: readonly string[], ended: Set<string>): Promise<void> {
  await destroy(config, { sessionToken: { $in: tokens } });
  for (const token of tokens) ended.add(token);
}

/** Ends one session. */
export async function endSession(config: HookConfig, sessionToken: string): Promise<void> {
  await destroy(config, { sessionToken });
  await config.cacheController.user.del(sessionToken);
}

async function destroy({ database }: HookConfig, query: object): Promise<void> {
  await database.destroy('_Session', { ...query }).catch((cause: unknown) => {
    if ((cause as { readonly code?: unknown } | undefined)?.code !== OBJECT_NOT_FOUND) throw cause;
  });
}
