export { EmailOtpFactor, type EmailOtpOptions } from './email-otp-factor.js';
