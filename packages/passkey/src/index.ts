export { PasskeyFactor } from './passkey-factor.js';
export type { PasskeyOptions } from './passkey-options.js';
export type { Passkey, PasskeyEnrolment } from './passkey.js';
export type { RelyingParty } from './relying-party.js';
