import { setTimeout } from 'node:timers/promises';
import type { NewSession, Sessions } from '../../account/ports.js';
import type { FactorContext } from '../../factor/context.js';
import { findRows } from '../database/find-rows.js';
import { withParseErrors } from '../parse-errors.js';
import type { HookConfig } from '../parse-types.js';
import { isNotFound } from '../writes/conditional-update.js';
import { RequestWrites } from '../writes/request-writes.js';
import { pointerTo } from './pointer.js';

const MAX_SWEEPS = 40;
/** The longest time in milliseconds between a request's read of its session and its write to the cache. */
const SETTLE_MS = 250;

/** The sessions of the application, for one request. */
export class ParseSessions implements Sessions {
  readonly #config: HookConfig;

  constructor(config: HookConfig) {
    this.#config = config;
  }

  endOthers(userId: string, keep: string | undefined): Promise<number> {
    return revokeSessions(this.#config, userId, keep);
  }

  end(token: string): Promise<void> {
    return endSession(this.#config, token);
  }

  onOpened(userId: string, emit: FactorContext['emit'], check: (session: NewSession) => Promise<void>): void {
    RequestWrites.of(this.#config).sessions.arm(this.#config, userId, (session) => withParseErrors(emit, () => check(session)));
  }
}

/**
 * Ends the user's sessions except one, and returns how many. Other servers may accept them until their caches expire.
 *
 * A running login checks by itself for changes, and so does a request that copies a session. A request that read a session
 * before its end may put it into the cache afterwards, so the cache is cleared once more after a while.
 */
async function revokeSessions(config: HookConfig, userId: string, keep: string | undefined): Promise<number> {
  const others = { user: pointerTo(userId), ...(keep === undefined ? {} : { sessionToken: { $ne: keep } }) };
  const ended = new Set<string>();
  let isSettled = true;
  for (let round = 0; round < MAX_SWEEPS; round += 1) {
    const sessions = await findRows(config.database, '_Session', others, {});
    if (sessions.length === 0 && isSettled) break;
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
  return ended.size;
}

/** Ends exactly these sessions, so that each of them is counted and leaves the cache too. */
async function destroySessions(config: HookConfig, tokens: readonly string[], ended: Set<string>): Promise<void> {
  await config.database.destroy('_Session', { sessionToken: { $in: tokens } }).catch((cause: unknown) => {
    if (!isNotFound(cause)) throw cause;
  });
  for (const token of tokens) ended.add(token);
}

/** Ends one session. */
export async function endSession(config: HookConfig, sessionToken: string): Promise<void> {
  await config.database.destroy('_Session', { sessionToken }).catch((cause: unknown) => {
    if (!isNotFound(cause)) throw cause;
  });
  await config.cacheController.user.del(sessionToken);
}
