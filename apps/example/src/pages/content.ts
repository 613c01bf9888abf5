/** A response of the example's own pages. */
export interface Content {
  readonly type: string;
  readonly body: string | Buffer;
  /** HTTP status. Default: 200. */
  readonly status?: number;
  /** Content-Security-Policy. Default: a policy that allows only style sheets from this server. */
  readonly policy?: string;
  /** Cache-Control. Default: `no-store`. */
  readonly cache?: string;
}
