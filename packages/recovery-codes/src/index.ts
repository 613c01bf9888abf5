export type { ChangesFactors, Wait } from './changes-factors.js';
export { RecoveryCodesFactor, type RecoveryCodesOptions, type RecoveryEnrolment } from './recovery-codes-factor.js';
export { digestOf as recoveryDigest, without as withoutRecoveryCode } from './recovery-code.js';
