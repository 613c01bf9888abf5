/** What the example's server answers at a path. */
export interface Content {
  readonly type: string;
  readonly body: string | Buffer;
  /** The HTTP status. Default: 200. */
  readonly status?: number;
  /** The Content-Security-Policy. Default: one that allows nothing but a style sheet of this server. */
  readonly policy?: string;
  /** The Cache-Control. Default: `no-store`. */
  readonly cache?: string;
}
