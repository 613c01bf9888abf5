import type { Runtime } from '../account/runtime.js';
import type { OtpStore } from '../store/otp-store.js';
import type { ClientIp } from './client-info.js';
import type { HookConfig } from './parse-types.js';

/** What turns a request of Parse Server into one that flows understand. */
export interface Bridge {
  readonly runtime: Runtime;
  /** The store to use for a request. */
  readonly storeFor: (config: HookConfig) => OtpStore;
  /** Says which address a request counts for. */
  readonly clientIp: ClientIp | undefined;
}
