import { subjectOf } from '../../crypto/subject.js';
import { asObject } from '../../validation/json-object.js';
import type { Session } from '../account-state.js';
import type { Runtime } from '../runtime.js';
import { type KeptMethod, METHOD_KINDS, type MethodKind, withMethod } from './session-methods.js';

/** What is kept with a session. */
export interface KeptSession {
  readonly methods: readonly KeptMethod[];
  /** What the client called itself, 256 characters at most; undefined if it sent nothing. */
  readonly userAgent?: string | undefined;
  /** The IP address that opened the session. */
  readonly ip?: string | undefined;
}

/** Values beside each other, before they are joined. */
const MAX_PARTS = 30;

const NOTHING: KeptSession = { methods: [] };

/**
 * Seals and opens what is kept with a session. It opens only for the same session of the same user, so it cannot be copied to
 * another one. Several sets of factors keep theirs side by side.
 */
export class SessionSealer {
  readonly #runtime: Pick<Runtime, 'keyring'>;
  readonly #binding: readonly string[];

  constructor(runtime: Pick<Runtime, 'keyring'>, appId: string, { userId, token }: Session) {
    this.#runtime = runtime;
    this.#binding = ['session', appId, userId, subjectOf('session', token)];
  }

  /** Returns what is kept. What does not open, or was never kept, is nothing: then no method counts. */
  open(stored: readonly unknown[]): KeptSession {
    return stored.map((part) => this.#unseal(part) ?? NOTHING).reduce(joined, NOTHING);
  }

  /** Returns a value to store beside others. */
  seal(kept: KeptSession): string {
    return this.#runtime.keyring.seal(JSON.stringify(kept), ...this.#binding);
  }

  /** Returns fewer values that hold the same; undefined while there are few. Those of other sets of factors stay. */
  compacted(stored: readonly unknown[]): readonly unknown[] | undefined {
    if (stored.length <= MAX_PARTS) return undefined;
    const others = stored.filter((part) => this.#unseal(part) === undefined).slice(-MAX_PARTS);
    return [this.seal(this.open(stored)), ...others];
  }

  #unseal(part: unknown): KeptSession | undefined {
    try {
      return read(JSON.parse(this.#runtime.keyring.open(String(part), ...this.#binding).plaintext));
    } catch {
      return undefined;
    }
  }
}

const joined = (one: KeptSession, other: KeptSession): KeptSession => ({
  ...one,
  ...other,
  methods: other.methods.reduce(withMethod, one.methods),
});

/** Only our own keys seal, so this reads what this library has written. */
function read(value: unknown): KeptSession | undefined {
  const { methods, userAgent, ip } = asObject(value) ?? {};
  if (!Array.isArray(methods)) return undefined;
  const kept = methods.map((each: unknown): KeptMethod => {
    const { method, kind, at } = asObject(each) ?? {};
    return {
      method: String(method),
      kind: METHOD_KINDS.find((known) => known === kind) ?? ('provider' satisfies MethodKind),
      at: Number(at),
    };
  });
  return { methods: kept, ...textOf('userAgent', userAgent), ...textOf('ip', ip) };
}

const textOf = (name: 'userAgent' | 'ip', value: unknown): Partial<KeptSession> =>
  typeof value === 'string' ? { [name]: value } : {};
