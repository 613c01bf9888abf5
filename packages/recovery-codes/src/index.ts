export { RecoveryCodesFactor, type RecoveryCodesOptions, type RecoveryEnrolment } from './recovery-codes-factor.js';
