export type { ReplacedSecret, TrustedDevice } from './trusted-device.js';
export { TrustedDeviceFactor, type TrustedDeviceEnrolment, type TrustedDeviceOptions } from './trusted-device-factor.js';
