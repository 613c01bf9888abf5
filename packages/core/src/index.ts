export { accountName } from './account-name.js';
export type { AddressKind } from './address-kind.js';
export type { AdminRequest } from './admin-request.js';
export type { Alone, ProvenAlone } from './alone.js';
export { toAuthAdapter, type HookResult, type ParseAuthAdapter } from './auth-adapter.js';
export { BATCH_USAGE, runBatchCommand, type BatchCommand, type BatchOutput } from './batch-command.js';
export type { BuiltInPlace } from './built-in-place.js';
export {
  channelOption,
  MessageNotAccepted,
  outbox,
  toChannel,
  type Channel,
  type ChannelLike,
  type Delivery,
  type MessageContent,
  type MessageText,
  type Notice,
  type Outbox,
  type OutboxMessage,
} from './channel.js';
export type { Clock } from './clock.js';
export {
  CODE_FACTOR_RULES,
  DEFAULT_CODE_FACTOR_OPTIONS,
  type AllowContext,
  type CodeFactorOptions,
  type MessageRequest,
  type ResolvedCodeFactorOptions,
} from './code-factor-options.js';
export type { WaitUntil } from './background.js';
export type { ClientIp, ClientIpRequest } from './client-ip.js';
export { CodeFactor, type AddressEnrolment } from './code-factor.js';
export { composeFactors, type ComposedFactors } from './compose-factors.js';
export type { AnyFactor, ComposeOptions, StoreSource } from './compose-options.js';
export { defineFactor, type DefinedChallenge, type DefinedEnrolment, type FactorDefinition } from './define-factor.js';
export type { EnrolmentRecord } from './enrolment-record.js';
export { FACTOR_ERRORS, FactorConfigError, FactorError, type FactorErrorCode, type FactorErrorDetails } from './factor-error.js';
export { failover, type FailoverOptions } from './failover.js';
export { FACTOR_EVENT_CLASS } from './event-log.js';
export type { AdminFunctions } from './factor-admin.js';
export type { FactorEvent, FactorEventType, FactorListener, FactorOccurrence } from './factor-event.js';
export type { CloudRequest, CloudUser, SaveRequest, TriggerRequest } from './cloud-request.js';
export type { MovedUser, MoveOptions, MovePlan, MoveReport } from './factor-move.js';
export type { RecordCounts, ResealReport, UnreadableRecord } from './factor-reseal.js';
export type { FactorChange, FactorRuntime } from './factor-runtime.js';
export { factorSubject, guessSubject, markSubject } from './factor-subject.js';
export type { AccountChange, FactorNotice, NoticeContext } from './factor-notice.js';
export {
  Factor,
  PURPOSES,
  type Confirmed,
  type EnrolledContext,
  type FactorContext,
  type FactorUser,
  type Intent,
  type Purpose,
  type Reply,
  type RequestContext,
  type RequestHeaders,
  type StandIn,
} from './factor.js';
export type { FreshnessOptions } from './freshness.js';
export {
  assertLocks,
  ATTEMPT_LIMIT_RULES,
  beginGuess,
  DEFAULT_ATTEMPT_LIMITS,
  STEP_USED,
  type Guess,
  type Refusal,
} from './guess.js';
export type { GuardTrigger, InstallOptions, ParseCloud } from './install.js';
export { generateKey, Keyring, type OpenedRecord } from './keyring.js';
export { MemoryOtpStore } from './memory-otp-store.js';
export { acceptedLanguage, MESSAGE_LANGUAGES } from './message.js';
export { networkOf } from './network.js';
export type { NoticeType } from './message-texts.js';
export {
  choiceOption,
  functionOption,
  integerOption,
  listOption,
  optional,
  resolveOptions,
  textOption,
  urlOption,
  type OptionRule,
} from './options.js';
export {
  CLOCK_TOLERANCE_MS,
  isAhead,
  isLive,
  lockLength,
  LONGEST_AHEAD_MS,
  RETENTION_MS,
  UNLIMITED,
  type AttemptLimits,
  type AttemptResult,
  type CountResult,
  type IssueResult,
  type LiveCode,
  type OtpStore,
  type Quota,
  type RedeemResult,
  type SendLimits,
} from './otp-store.js';
export type { ClassIncident } from './closed-class.js';
export type { ParseDatabase, ParseRow, ParseSchema, ParseStorage, SchemaOfClass } from './parse-database.js';
export type { HookConfig, HookObject, HookRequest, HookUser, ProviderValidator } from './parse-hooks.js';
export { FACTOR_STATE_CLASS, NEVER, ParseOtpStore } from './parse-otp-store.js';
export { asObject, digitsRule, NAME_RULE, readCode, readFields, type FieldRule } from './payload.js';
export { MAX_TYPED, typedCode } from './typed-code.js';
export type { EnrolmentOptions, LoginPolicy, Policy, PolicyOption, RoleNames } from './policy.js';
export { pruneStore } from './prune.js';
export { drawBytes, randomDigits, systemRandom, type RandomSource } from './random.js';
export type { PrimaryFactor } from './primary-factor.js';
export type { Recovery, RecoveryAnswer } from './recovery.js';
export { RowOtpStore, type QuotaWindow, type RowChange, type RowStep, type SubjectRow } from './row-otp-store.js';
export type { Finding } from './self-check.js';
export type { FoundUser, ProvenId, SignIn, SignInUsers } from './sign-in.js';
export { subjectOf } from './subject.js';
export type { BatchReport } from './user-batch.js';
