import type { SessionOwner } from '../account/step-up-proofs.js';
import { FactorError } from '../error/factor-error.js';
import type { HookConfig, HookObject, HookUser } from './parse-types.js';

/** The user of the session behind a Cloud Code request; a `Parse.User` is one. */
export interface CloudUser {
  readonly id?: string | undefined;
  getSessionToken(): string | null | undefined;
}

/** The part of a Cloud Code request (trigger, function or validator) that is used here; Parse's own types fit. */
export interface CloudRequest {
  readonly user?: CloudUser | undefined;
  readonly master?: boolean | undefined;
  readonly ip?: string;
  readonly installationId?: string;
  readonly config: HookConfig;
}

/** The part of a trigger's request that is used here. */
export interface TriggerRequest extends CloudRequest {
  readonly object: HookObject;
}

/** The part of a `beforeSave` trigger's request that is used here. */
export interface SaveRequest extends TriggerRequest {
  readonly object: HookObject & { set(field: string, value: unknown): unknown };
  /** The row as it is stored; left out for a new one. */
  readonly original?: { readonly id?: string };
}

/**
 * Whose session asks.
 *
 * @throws FactorError `session_required` without a session
 */
export function sessionOwner({ user, config }: CloudRequest): SessionOwner {
  const sessionToken = user?.getSessionToken() ?? undefined;
  if (user?.id === undefined || sessionToken === undefined) throw new FactorError('session_required');
  return { appId: config.appId, userId: user.id, sessionToken };
}

/** The session of that user, where it is the one that asks. */
export function sessionOf({ user }: CloudRequest, userId: string): HookUser | undefined {
  const token = user?.id === userId ? (user.getSessionToken() ?? undefined) : undefined;
  return token === undefined ? undefined : { id: userId, getSessionToken: () => token };
}
