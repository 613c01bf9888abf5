export { EmailOtpFactor, type EmailOtpOptions } from './email-otp-factor.js';
export {
  initializeOtpAdapter,
  OTP_TABLE_SCHEMA,
  pruneOtps,
  setupOtpTable,
  type OtpAdapterOptions,
} from './initialize-otp-adapter.js';
export { mailboxOf } from './mailbox-of.js';
