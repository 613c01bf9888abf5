export type { AddressEnrolment, AddressType } from '../codes/address-type.js';
export {
  type AllowContext,
  type AllowFunction,
  type AllowOption,
  CODE_FACTOR_RULES,
  type CodeFactorOptions,
  DEFAULT_CODE_FACTOR_OPTIONS,
  type PrimaryCodeOptions,
  type ResolvedCodeFactorOptions,
} from '../codes/code-factor-options.js';
export type { LastLine } from '../delivery/message.js';
export type { TestCodesOptions } from '../codes/test-codes.js';
export type { MessageRequest } from '../codes/message-request.js';
export { CodeFactor } from '../codes/code-factor.js';
export { type ConversionLimit, conversionOption } from '../codes/limits/conversion-limit.js';
export type { CodeAnswer } from '../codes/code-payload.js';
export { BATCH_USAGE, type BatchCommand, type BatchOutput, runBatchCommand } from '../commands/batch-command.js';
export { composeWithRecordKeys } from '../compose/compose-factors.js';
export { Keyring } from '../crypto/keyring.js';
export { bytesFrom, randomDigits, type RandomSource } from '../crypto/random.js';
export { canonicalCode, readableCode } from '../crypto/readable-code.js';
export { subjectOf } from '../crypto/subject.js';
export type { AttemptBucket } from '../factor/attempt-bucket.js';
export {
  assertLocks,
  type Attempt,
  ATTEMPT_LIMIT_RULES,
  beginAttempt,
  DEFAULT_ATTEMPT_LIMITS,
  type Refusal,
  STEP_USED,
} from '../factor/attempt.js';
export { assertChecked, HEADER_NAME, headerOf, type RequestCheck } from '../factor/checks/request-check.js';
export type { Authentication, Proves } from '../factor/authentication.js';
export {
  type Authenticator,
  type AuthenticatorChange,
  AuthenticatorRules,
  type AuthenticatorKind,
} from '../factor/several/authenticator-rules.js';
export type { BuiltInReplacement } from '../factor/built-in-replacement.js';
export type {
  AnswerCommand,
  ChallengeCommand,
  Command,
  EnrolCommand,
  EnrolOrAnswerCommand,
  ManageCommand,
  PayloadSource,
} from '../factor/command.js';
export type { EnrolledContext, FactorContext, FactorUser, Reply, RequestContext, RequestHeaders } from '../factor/context.js';
export type { EnrolmentImport } from '../factor/enrolment-import.js';
export type { EnrolmentLifecycle } from '../factor/enrolment-lifecycle.js';
export type { FactorOccurrence } from '../factor/factor-event.js';
export { attemptSubject, factorSubject, markSubject } from '../factor/factor-subject.js';
export { type BackupIssue, type Confirmed, Factor, type FactorPolicy } from '../factor/factor.js';
export type { Management } from '../factor/management.js';
export type { MultipleEnrolments } from '../factor/multiple-enrolments.js';
export type {
  AccountChange,
  NotificationContext,
  NotificationType,
  SecurityNotification,
  SecurityNotifications,
} from '../factor/notification.js';
export type {
  FoundUser,
  IdentifiedUser,
  NewEnrolment,
  PrimaryIdentity,
  PrimarySignIn,
  SignInUsers,
  VerifiedCredential,
} from '../factor/primary-sign-in.js';
export { type Purpose, PURPOSES } from '../factor/purpose.js';
export type { Recovery, RecoveryAnswer } from '../factor/recovery.js';
export {
  type AuthenticatorLabel,
  authenticatorsOf,
  changeAuthenticator,
  describeAuthenticators,
  hasSameAuthenticators,
  isLabelled,
  type Labelled,
  newLabel,
  recordOfAuthenticators,
  type Several,
  type SeveralAuthenticators,
} from '../factor/several/several.js';
export type { MovedUser, MoveOptions, MovePlan, MoveReport } from '../flows/administration/migrate-users.js';
export type { RecordCounts, UnreadableRecord } from '../flows/administration/reseal-records.js';
export type { BatchReport } from '../flows/administration/user-batch.js';
export { accountName } from '../parse/account-name.js';
export { type DeferredAdapter, deferredAuthAdapter, type DeferredServer, storeOfJob } from '../parse/deferred-adapter.js';
export { networkOf } from '../validation/ip-network.js';
export { asObject } from '../validation/json-object.js';
export {
  baseUrlOption,
  choiceOption,
  functionOption,
  integerOption,
  isLoopback,
  listOption,
  optional,
  type OptionRule,
  patternOption,
  refuseRemovedOptions,
  resolveOptions,
  textOption,
  urlOption,
} from '../validation/options.js';
export { asksForProof, digitsRule, type FieldRule, NAME_RULE, readCode, readFields } from '../validation/payload.js';
export { MAX_TYPED, typedCode } from '../validation/typed-code.js';
