import type { SetUpPort } from './set-up-port.js';

/** The properties of every component that sets up a factor. */
export interface SetUpProps {
  /** The key of the factor. */
  readonly factor: string;
  readonly port: SetUpPort;
  /** The id of the authenticator that it replaces. Undefined to add one. */
  readonly replaces?: string | undefined;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}
