import type { Send } from './wire.js';

/** A method that a session was opened with, or that was verified in it since. */
export interface SessionMethod {
  /** The factor's key, the key of another provider, or `password`. */
  readonly method: string;
  /** `password`, `primary`, `factor`, `backup` for a recovery code or a trusted device, or `provider`. */
  readonly kind: string;
  /** The names of the method in RFC 8176, section 2. */
  readonly amr: readonly string[];
  /** When it was last verified. */
  readonly at: Date;
}

/** A session of the user. */
export interface OwnSession {
  /** The session's id, to end it by. */
  readonly id: string;
  /** Whether it is the session of the current user. */
  readonly isCurrent: boolean;
  readonly createdAt: Date;
  /** When it ends by itself. */
  readonly expiresAt?: Date;
  /** The browser and the system, such as `Chrome, Windows`. Any client can claim any. */
  readonly device?: string;
  /** What the client called itself. */
  readonly userAgent?: string;
  /** The IP address that opened it. */
  readonly ip?: string;
  /** The installation that opened it. */
  readonly installationId?: string;
  /** How it was opened, and what was verified in it since; empty for a session that the server knows nothing of. */
  readonly methods: readonly SessionMethod[];
  /** The names of all methods in RFC 8176, with `mfa` for two different kinds of proof. */
  readonly amr: readonly string[];
  /** The assurance level of NIST SP 800-63B-4: 1 or 2. */
  readonly aal: 1 | 2;
}

/** The sessions of the current user. They need `factors.install` on the server. */
export interface Sessions {
  /** Returns the sessions, the newest first, 100 at most. */
  list(): Promise<readonly OwnSession[]>;
  /** Ends one session. Returns false if the user has no such session. */
  end(id: string): Promise<boolean>;
  /** Ends all sessions but this one. Returns how many it has ended. */
  endOthers(): Promise<number>;
}

/** A session as the server sends it. Dates are ISO 8601, and times of methods are epoch milliseconds. */
type Sent = Omit<OwnSession, 'createdAt' | 'expiresAt' | 'methods'> & {
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly methods: readonly (Omit<SessionMethod, 'at'> & { readonly at: number })[];
};

const toSession = ({ createdAt, expiresAt, methods, ...session }: Sent): OwnSession => ({
  ...session,
  createdAt: new Date(createdAt),
  ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
  methods: methods.map((method) => ({ ...method, at: new Date(method.at) })),
});

/**
 * Manages the sessions of a user.
 * @param token returns the token of the user's session
 */
export function sessions(send: Send, token: () => Promise<string>): Sessions {
  const call = async (name: string, params: object): Promise<unknown> =>
    (await send('POST', `functions/${name}`, params, await token()))['result'];
  return {
    list: async () => ((await call('factorsSessions', {})) as readonly Sent[]).map(toSession),
    end: async (id) => (await call('factorsEndSessions', { id })) === 1,
    endOthers: async () => Number(await call('factorsEndSessions', { others: true })),
  };
}
