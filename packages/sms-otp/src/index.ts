export { SmsOtpFactor, type SmsOtpOptions } from './sms-otp-factor.js';
