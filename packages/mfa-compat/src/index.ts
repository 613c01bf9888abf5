export { mfaCompat, MfaFactor } from './mfa-compat.js';
export type { AuthenticatorEnrolment, MfaEnrolment, MobileEnrolment } from './mfa-enrolment.js';
export type { MfaCompatOptions, MfaMethod, ResolvedMfaOptions } from './mfa-options.js';
export { installMfaMigration, type MfaMigrationOptions } from './install-mfa-migration.js';
