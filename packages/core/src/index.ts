export type { EnrolmentRecord } from './account/enrolment-record.js';
export type { FactorChange } from './account/factor-roles.js';
export type { LoginPolicy } from './account/login-policy.js';
export type { EnrolmentOptions, Policy, PolicyOption, RoleNames } from './account/policy-options.js';
export type { FreshnessOptions } from './account/step-up-proofs.js';
export type { AddressEnrolment, AddressKind } from './codes/address-type.js';
export {
  type AllowContext,
  CODE_FACTOR_RULES,
  type CodeFactorOptions,
  DEFAULT_CODE_FACTOR_OPTIONS,
  type MessageRequest,
  type PrimaryCodeOptions,
  type ResolvedCodeFactorOptions,
} from './codes/code-factor-options.js';
export { CodeFactor } from './codes/code-factor.js';
export type { CodeAnswer } from './codes/code-payload.js';
export { BATCH_USAGE, type BatchCommand, type BatchOutput, runBatchCommand } from './commands/batch-command.js';
export type { WaitUntil } from './compose/background.js';
export { type ComposedFactors, composeFactors, composeWithRecordKeys } from './compose/compose-factors.js';
export type { ComposeOptions, StoreSource } from './compose/compose-options.js';
export { generateKey, Keyring, type OpenedRecord } from './crypto/keyring.js';
export { drawBytes, randomDigits, type RandomSource, systemRandom } from './crypto/random.js';
export { subjectOf } from './crypto/subject.js';
export { acceptedLanguage, MESSAGE_LANGUAGES } from './delivery/accept-language.js';
export {
  type Channel,
  type ChannelLike,
  channelOption,
  type Delivery,
  type MessageContent,
  MessageNotAccepted,
  type MessageText,
  type Notice,
  toChannel,
} from './delivery/channel.js';
export type { FailoverOptions } from './delivery/failover-options.js';
export { failover } from './delivery/failover.js';
export { outbox, type Outbox, type OutboxMessage } from './delivery/outbox.js';
export { FactorConfigError } from './error/config-error.js';
export { FACTOR_ERRORS, FactorError, type FactorErrorCode, type FactorErrorDetails } from './error/factor-error.js';
export { accountName } from './factor/account-name.js';
export {
  assertLocks,
  ATTEMPT_LIMIT_RULES,
  beginGuess,
  DEFAULT_ATTEMPT_LIMITS,
  type Guess,
  type Refusal,
  STEP_USED,
} from './factor/attempt.js';
export type { BuiltInReplacement } from './factor/built-in-replacement.js';
export type {
  AnswerCommand,
  ChallengeCommand,
  Command,
  EnrolCommand,
  EnrolOrAnswerCommand,
  ManageCommand,
  PayloadSource,
} from './factor/command.js';
export type { EnrolledContext, FactorContext, FactorUser, Reply, RequestContext, RequestHeaders } from './factor/context.js';
export { type DefinedChallenge, type DefinedEnrolment, defineFactor, type FactorDefinition } from './factor/define-factor.js';
export type { EnrolmentImport } from './factor/enrolment-import.js';
export type { EnrolmentLifecycle } from './factor/enrolment-lifecycle.js';
export type { FactorEvent, FactorEventType, FactorListener, FactorOccurrence } from './factor/factor-event.js';
export { factorSubject, guessSubject, markSubject } from './factor/factor-subject.js';
export { type AnyFactor, type BackupIssue, type Confirmed, Factor, type FactorPolicy } from './factor/factor.js';
export type { Management } from './factor/management.js';
export type { MultipleEnrolments } from './factor/multiple-enrolments.js';
export type {
  AccountChange,
  NoticeContext,
  NoticeType,
  SecurityNotification,
  SecurityNotifications,
} from './factor/notification.js';
export type { PrimaryFactor } from './factor/primary-factor.js';
export type {
  FoundUser,
  IdentifiedUser,
  PrimaryIdentity,
  PrimarySignIn,
  SignInUsers,
  VerifiedCredential,
} from './factor/primary-sign-in.js';
export { type Purpose, PURPOSES } from './factor/purpose.js';
export type { Recovery, RecoveryAnswer } from './factor/recovery.js';
export type { MovedUser, MoveOptions, MovePlan, MoveReport } from './flows/administration/migrate-users.js';
export type { RecordCounts, ResealReport, UnreadableRecord } from './flows/administration/reseal-records.js';
export type { BatchReport } from './flows/administration/user-batch.js';
export type { AdminRequest } from './parse/cloud/admin-request.js';
export { type HookResult, type ParseAuthAdapter, toAuthAdapter } from './parse/auth-adapter.js';
export type { Finding } from './parse/check/finding.js';
export type { ClientIp, ClientIpRequest } from './parse/client-info.js';
export type { AdminFunctions } from './parse/cloud/cloud-functions.js';
export type { CloudRequest, CloudUser, SaveRequest, TriggerRequest } from './parse/cloud/cloud-request.js';
export type { ClassIncident } from './parse/database/closed-class.js';
export { FACTOR_EVENT_CLASS } from './parse/database/event-log.js';
export type { ParseDatabase, ParseRow, ParseSchema, ParseStorage, SchemaOfClass } from './parse/database/parse-database.js';
export { FACTOR_STATE_CLASS, NEVER, ParseOtpStore } from './parse/database/parse-otp-store.js';
export type { GuardTrigger, InstallOptions, ParseCloud } from './parse/cloud/install.js';
export type { HookConfig, HookObject, HookRequest, HookUser, ProviderValidator } from './parse/parse-types.js';
export { MemoryOtpStore } from './store/memory-otp-store.js';
export {
  type AttemptLimits,
  type AttemptResult,
  CLOCK_TOLERANCE_MS,
  type CountResult,
  isAhead,
  isLive,
  type IssueResult,
  type LiveCode,
  lockLength,
  LONGEST_AHEAD_MS,
  type OtpStore,
  type Quota,
  type RedeemResult,
  RETENTION_MS,
  type SendLimits,
  UNLIMITED,
} from './store/otp-store.js';
export { pruneStore } from './store/prune-store.js';
export { type QuotaWindow, type RowChange, RowOtpStore, type RowStep, type SubjectRow } from './store/row-otp-store.js';
export type { Clock } from './time/clock.js';
export { networkOf } from './validation/ip-network.js';
export { asObject } from './validation/json-object.js';
export {
  choiceOption,
  functionOption,
  integerOption,
  listOption,
  optional,
  type OptionRule,
  refuseRemovedOptions,
  resolveOptions,
  textOption,
  urlOption,
} from './validation/options.js';
export { asksForProof, digitsRule, type FieldRule, NAME_RULE, readCode, readFields } from './validation/payload.js';
export { MAX_TYPED, typedCode } from './validation/typed-code.js';
export { type DeferredAdapter, deferredAuthAdapter, type DeferredServer, storeOfJob } from './parse/deferred-adapter.js';
