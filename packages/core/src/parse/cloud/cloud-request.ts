import type { Session } from '../../account/ports.js';
import type { HookConfig, HookObject } from '../parse-types.js';

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
  readonly original?: { readonly id?: string; get?(field: string): unknown };
}

/** Returns the session of a request; undefined without one. */
export function sessionOf({ user }: CloudRequest): Session | undefined {
  const token = user?.getSessionToken() ?? undefined;
  return user?.id === undefined || token === undefined ? undefined : { userId: user.id, token };
}
