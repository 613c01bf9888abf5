/** The last sign-in of a user from one device. */
export interface PastSignIn {
  /** When it was, in epoch milliseconds. */
  readonly at: number;
  /** The IP address that it came from; undefined if it is not known. */
  readonly ip: string | undefined;
  /** Whether this request comes from the same device. */
  readonly isThisDevice: boolean;
}
