export { EmailOtpFactor, type EmailOtpOptions } from './email-otp-factor.js';
export { initializeOtpAdapter, pruneOtps, setupOtpTable, type OtpAdapterOptions } from './initialize-otp-adapter.js';
