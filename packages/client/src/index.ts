export { addressId, type SignInAddress } from './address-id.js';
export type { AddressToVerify, AddressVerification, VerificationCode } from './address-verification.js';
export {
  authenticatorsIn,
  destinationsIn,
  waysIn,
  type Authenticator,
  type AuthenticatorClient,
  type Destination,
} from './authenticators.js';
export { FACTOR_ERROR_CODES, FactorClientError, type FactorErrorSlug, toClientError } from './factor-client-error.js';
export { createFactorClient, type FactorClient, type FactorClientOptions } from './factor-client.js';
export type { EnrolmentNeeded, FactorsNeeded, LoginResult, SignedIn } from './login-result.js';
export type { Passwordless, SignInName } from './passwordless.js';
export type { PasswordReset, ResetName } from './password-reset.js';
export type { ParseSdk, SdkRequestOptions, SdkUser } from './parse-sdk.js';
export type { OwnSession, SessionMethod, Sessions } from './sessions.js';
export type { Answers, CheckHeaders, Checks, Payload, Reply, SentBy } from './wire.js';
