export {
  TrustedDeviceFactor,
  type TrustedDevice,
  type TrustedDeviceEnrolment,
  type TrustedDeviceOptions,
} from './trusted-device-factor.js';
