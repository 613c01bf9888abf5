export { TotpFactor, type TotpEnrolment, type TotpOptions } from './totp-factor.js';
export { driftFor, redeemTotp, type TotpAuthenticator } from './totp-verification.js';
export { totpAt, verifyTotp, type TotpAlgorithm, type TotpParameters, type TotpVerification } from './totp-code.js';
