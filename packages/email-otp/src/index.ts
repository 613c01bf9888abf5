export { EmailOtpFactor, type EmailOtpOptions } from './email-otp-factor.js';
export { mailboxOf } from './mailbox-of.js';
export { initializeOtpAdapter, pruneOtps, setupOtpTable, type OtpAdapterOptions } from './initialize-otp-adapter.js';
