import { AsyncLocalStorage } from 'node:async_hooks';
import { asObject } from '../validation/json-object.js';
import { isFirstLook, loadedModules } from './loaded-modules.js';
import type { HookConfig, HookUser } from './parse-types.js';
import { runningSave } from './writes/save-scope.js';
import { pointerTo } from './server/pointer.js';
import { endSession, isRevocable, isStored, sessionEnded } from './server/session-rows.js';

/** The part of Parse Server's class `lib/RestWrite` that is used here. */
interface RestWrite {
  readonly className: string;
  readonly config: HookConfig;
  readonly auth: { readonly isMaster?: boolean; readonly user?: HookUser; readonly installationId?: string };
  readonly data: Readonly<Record<string, unknown>>;
  /** What is left to do after a new password was written. */
  readonly storage: { clearSessions?: boolean; readonly generateNewSession?: boolean };
  readonly response: unknown;
  objectId(): string;
  execute(...given: unknown[]): unknown;
  handleFollowup(): unknown;
  destroyDuplicatedSessions(): unknown;
}

/** The user whose session opens another one right now. */
const handingOver = new AsyncLocalStorage<{ readonly userId: string }>();
/** A symbol on wrapped objects, so that copies of this package wrap them once (one by `import`, one by `require`). */
const WATCHED = Symbol.for('parse-factors.new-passwords');

/**
 * Ends the session that a new password opens, when the session that has sent the password ends meanwhile.
 *
 * Parse Server ends the sessions of the user, and then opens the new one. A change of factors in between would see neither.
 * Here the new session is stored first, and the sending one is looked for afterwards. So either its end is seen, or a change
 * of factors sees the new session and ends it (time-of-check race, CWE-367). Then the other sessions end.
 */
export function watchNewPasswords(): void {
  for (const { prototype } of loadedModules(isRestWriteClass)) {
    if (!isFirstLook(prototype, WATCHED)) continue;
    const { execute, handleFollowup, destroyDuplicatedSessions } = prototype;
    prototype.execute = function executeInScope(...given) {
      const work = (): unknown => execute.apply(this, given);
      return this.className === '_User' ? runningSave(work) : work();
    };
    prototype.handleFollowup = async function followUp() {
      const asking = this.auth.isMaster === true ? undefined : this.auth.user?.getSessionToken();
      const work = async (): Promise<void> => void (await handleFollowup.call(this));
      const opens = this.className === '_User' && this.storage.generateNewSession === true;
      return opens && isRevocable(asking) ? inTurn(asking, () => handOver(this, asking, work)) : work();
    };
    prototype.destroyDuplicatedSessions = async function destroyDuplicates() {
      const isHeldBack = handingOver.getStore()?.userId === asObject(this.data['user'])?.['objectId'];
      if (this.className !== '_Session' || !isHeldBack) await destroyDuplicatedSessions.call(this);
    };
  }
}

const last = new Map<string, Promise<void>>();

/** Runs work of one session after another. New passwords at the same moment would end each other's sessions otherwise. */
async function inTurn(token: string, work: () => Promise<void>): Promise<void> {
  if (handingOver.getStore() !== undefined) return work();
  const before = last.get(token);
  const mine = Promise.allSettled([before]).then(work);
  last.set(token, mine);
  try {
    await mine;
  } finally {
    if (last.get(token) === mine) last.delete(token);
  }
}

/** Opens the new session before the others end. @throws Parse.Error 209 when the session that has asked for it has ended */
async function handOver(write: RestWrite, asking: string, open: () => Promise<void>): Promise<void> {
  const { config, storage } = write;
  const endsAll = storage.clearSessions === true && config.revokeSessionOnPasswordReset === true;
  delete storage.clearSessions;
  const userId = write.objectId();
  try {
    await handingOver.run({ userId }, open);
  } catch (fault) {
    if (endsAll) await config.database.destroy('_Session', { user: pointerTo(userId) });
    throw fault;
  }
  const opened = asObject(asObject(write.response)?.['response'])?.['sessionToken'];
  if (typeof opened === 'string' && !(await isStored(config, asking))) {
    await endSession(config, opened);
    throw sessionEnded();
  }
  const { installationId } = write.auth;
  const others = endsAll ? {} : { installationId };
  const isEnding = endsAll || (installationId !== undefined && typeof opened === 'string');
  if (!isEnding) return;
  const but = typeof opened === 'string' ? { sessionToken: { $ne: opened } } : {};
  await config.database.destroy('_Session', { user: pointerTo(userId), ...others, ...but });
  await config.cacheController.user.del(asking);
}

const isRestWriteClass = (exported: unknown): exported is { readonly prototype: RestWrite } => {
  if (typeof exported !== 'function') return false;
  const methods = ['execute', 'handleFollowup', 'destroyDuplicatedSessions', 'createSessionToken', 'objectId'];
  const prototype = asObject(exported.prototype);
  return methods.every((name) => typeof prototype?.[name] === 'function');
};
