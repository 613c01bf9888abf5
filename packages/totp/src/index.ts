export { TotpFactor } from './totp-factor.js';
export type { TotpEnrolment } from './totp-enrolment.js';
export type { TotpOptions } from './totp-options.js';
export { driftFor, redeemTotp, type TotpAuthenticator } from './totp-verification.js';
export { totpAt, verifyTotp, type TotpAlgorithm, type TotpParameters, type TotpVerification } from './totp-code.js';
