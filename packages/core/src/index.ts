export type { PastSignIn } from './account/devices/past-sign-in.js';
export type { FactorChange } from './account/factor-roles.js';
export {
  demandWhen,
  idleFor,
  impossibleTravel,
  type Locate,
  type LocateOptions,
  newCountry,
  newDevice,
  type Place,
  type PolicyCondition,
  type TravelOptions,
} from './account/policy-conditions.js';
export type { PasswordCheck, PasswordContext, PasswordVerdict } from './account/password-check.js';
export type { EnrolmentOptions, Policy, PolicyOption, PolicyRequest, RoleNames } from './account/policy-options.js';
export type { MethodDemand, MethodKind, SessionMethod, SessionMethods } from './account/sessions/session-methods.js';
export type { StepUpOptions } from './account/step-up-proofs.js';
export type { WaitUntil } from './compose/background.js';
export { composeFactors } from './compose/compose-factors.js';
export type { ComposedFactors } from './compose/composed-factors.js';
export type { ComposeOptions } from './compose/compose-options.js';
export type { StoreHost, StoreSource } from './compose/store-source.js';
export { generateKey } from './crypto/keyring.js';
export type { FailoverOptions } from './delivery/failover-options.js';
export { failover } from './delivery/failover.js';
export { outbox, type Outbox, type OutboxMessage } from './delivery/outbox.js';
export { ways } from './delivery/ways.js';
export { FactorConfigError } from './error/config-error.js';
export { FACTOR_ERRORS, FactorError, type FactorErrorCode, type FactorErrorDetails } from './error/factor-error.js';
export type { EventLogOptions } from './events/event-log-options.js';
export type { WebhookEventType, WebhookOptions } from './events/webhook/webhook-options.js';
export { proofOfWork, type ProofOfWorkOptions } from './factor/checks/proof-of-work.js';
export type { RequestCheck } from './factor/checks/request-check.js';
export { type DefinedChallenge, type DefinedEnrolment, defineFactor, type FactorDefinition } from './factor/define-factor.js';
export { FACTOR_EVENT_TYPES, type FactorEvent, type FactorEventType, type FactorListener } from './factor/factor-event.js';
export type { AnyFactor } from './factor/factor.js';
export { type HelpCodeEnrolment, HelpCodeFactor } from './factor/help-code-factor.js';
export type { CountOptions, EnrolledUsers } from './flows/administration/count-enrolled.js';
export type { ExportedFactor, ExportedSignIn, UserExport } from './flows/administration/export-user.js';
export type { ResealReport } from './flows/administration/reseal-records.js';
export type { PaymentAnswer, PaymentChallenge } from './flows/payments/confirm-payment.js';
export type { PaymentDetails } from './validation/payment-details.js';
export type { OwnSession, ShownSession } from './flows/sessions/own-sessions.js';
export type { ParseAuthAdapter } from './parse/auth-adapter.js';
export type { SecurityCheck, SecurityCheckGroup } from './parse/check/check-group.js';
export type { Finding } from './parse/check/finding.js';
export type { ClientIp, ClientIpRequest } from './parse/server/client-info.js';
export type { AdminRequest } from './parse/cloud/admin-request.js';
export type { AdminFunctions } from './parse/cloud/cloud-functions.js';
export type { CloudRequest, SaveRequest, TriggerRequest } from './parse/cloud/cloud-request.js';
export type { GuardTrigger, InstallOptions, ParseCloud } from './parse/cloud/install.js';
export { FACTOR_DEVICE_CLASS } from './parse/database/device-table.js';
export { FACTOR_EVENT_CLASS } from './parse/database/event-log.js';
export { FACTOR_STATE_CLASS, ParseOtpStore } from './parse/database/parse-otp-store.js';
export { FACTOR_WEBHOOK_CLASS } from './parse/database/webhook-table.js';
export { breachedPasswords, type BreachedPasswordsOptions } from './passwords/breached-passwords.js';
export { breachedPasswordFile, type BreachedPasswordFileOptions } from './passwords/password-file.js';
export { passwordList } from './passwords/password-list.js';
export { MemoryOtpStore } from './store/memory-otp-store.js';
export { pruneStore } from './store/prune-store.js';
