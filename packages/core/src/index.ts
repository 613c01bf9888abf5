export { accountName } from './factor/account-name.js';
export type { AddressKind } from './codes/address-type.js';
export type { AdminRequest } from './parse/admin-request.js';
export type { Alone, ProvenAlone } from './factor/alone.js';
export { toAuthAdapter, type HookResult, type ParseAuthAdapter } from './parse/auth-adapter.js';
export { BATCH_USAGE, runBatchCommand, type BatchCommand, type BatchOutput } from './commands/batch-command.js';
export type { BuiltInPlace } from './factor/built-in-replacement.js';
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
} from './delivery/channel.js';
export type { Clock } from './time/clock.js';
export {
  CODE_FACTOR_RULES,
  DEFAULT_CODE_FACTOR_OPTIONS,
  type AllowContext,
  type CodeFactorOptions,
  type MessageRequest,
  type ResolvedCodeFactorOptions,
} from './codes/code-factor-options.js';
export type { WaitUntil } from './compose/background.js';
export type { ClientIp, ClientIpRequest } from './parse/client-ip.js';
export { CodeFactor, type AddressEnrolment } from './codes/code-factor.js';
export { composeFactors, type ComposedFactors } from './compose/compose-factors.js';
export type { AnyFactor, ComposeOptions, StoreSource } from './compose/compose-options.js';
export { defineFactor, type DefinedChallenge, type DefinedEnrolment, type FactorDefinition } from './factor/define-factor.js';
export type { EnrolmentRecord } from './account/enrolment-sealer.js';
export {
  FACTOR_ERRORS,
  FactorConfigError,
  FactorError,
  type FactorErrorCode,
  type FactorErrorDetails,
} from './error/factor-error.js';
export { failover, type FailoverOptions } from './delivery/failover.js';
export { FACTOR_EVENT_CLASS } from './parse/database/event-log.js';
export type { AdminFunctions } from './flows/administer.js';
export type { FactorEvent, FactorEventType, FactorListener, FactorOccurrence } from './factor/factor-event.js';
export type { CloudRequest, CloudUser, SaveRequest, TriggerRequest } from './parse/cloud-request.js';
export type { MovedUser, MoveOptions, MovePlan, MoveReport } from './flows/migrate-users.js';
export type { RecordCounts, ResealReport, UnreadableRecord } from './flows/reseal-records.js';
export type { FactorChange, FactorRuntime } from './flows/runtime.js';
export { factorSubject, guessSubject, markSubject } from './factor/factor-subject.js';
export type { AccountChange, FactorNotice, NoticeContext } from './factor/notification.js';
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
} from './factor/factor.js';
export type { FreshnessOptions } from './account/step-up-proofs.js';
export {
  assertLocks,
  ATTEMPT_LIMIT_RULES,
  beginGuess,
  DEFAULT_ATTEMPT_LIMITS,
  STEP_USED,
  type Guess,
  type Refusal,
} from './factor/attempt.js';
export type { GuardTrigger, InstallOptions, ParseCloud } from './parse/install.js';
export { generateKey, Keyring, type OpenedRecord } from './crypto/keyring.js';
export { MemoryOtpStore } from './store/memory-otp-store.js';
export { acceptedLanguage, MESSAGE_LANGUAGES } from './delivery/message.js';
export { networkOf } from './validation/ip-network.js';
export type { NoticeType } from './delivery/texts/index.js';
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
} from './validation/options.js';
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
} from './store/otp-store.js';
export type { ClassIncident } from './parse/database/closed-class.js';
export type { ParseDatabase, ParseRow, ParseSchema, ParseStorage, SchemaOfClass } from './parse/database/parse-table.js';
export type { HookConfig, HookObject, HookRequest, HookUser, ProviderValidator } from './parse/parse-types.js';
export { FACTOR_STATE_CLASS, NEVER, ParseOtpStore } from './parse/database/parse-otp-store.js';
export { asObject, digitsRule, NAME_RULE, readCode, readFields, type FieldRule } from './validation/payload.js';
export { MAX_TYPED, typedCode } from './validation/typed-code.js';
export type { EnrolmentOptions, LoginPolicy, Policy, PolicyOption, RoleNames } from './account/login-policy.js';
export { pruneStore } from './store/prune-store.js';
export { drawBytes, randomDigits, systemRandom, type RandomSource } from './crypto/random.js';
export type { PrimaryFactor } from './flows/primary-factor.js';
export type { Recovery, RecoveryAnswer } from './flows/recover.js';
export { RowOtpStore, type QuotaWindow, type RowChange, type RowStep, type SubjectRow } from './store/row-otp-store.js';
export type { Finding } from './parse/check/self-check.js';
export type { FoundUser, ProvenId, SignIn, SignInUsers } from './factor/primary-sign-in.js';
export { subjectOf } from './crypto/subject.js';
export type { BatchReport } from './flows/user-batch.js';
