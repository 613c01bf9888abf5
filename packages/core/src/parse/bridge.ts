import type { Runtime } from '../account/runtime.js';
import type { OtpStore } from '../store/otp-store.js';
import type { ClientIp } from './server/client-info.js';
import type { HookConfig } from './parse-types.js';

/** Everything needed to translate a request of Parse Server into the form that flows handle. */
export interface Bridge {
  readonly runtime: Runtime;
  /** Returns the store for a request. */
  readonly storeFor: (config: HookConfig) => OtpStore;
  /** Returns the IP address that a request counts for. */
  readonly clientIp: ClientIp | undefined;
}
