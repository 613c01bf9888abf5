export { toAuthAdapter, type HookResult, type ParseAuthAdapter } from './auth-adapter.js';
export {
  channelOption,
  outbox,
  toChannel,
  type Channel,
  type ChannelLike,
  type Delivery,
  type MessageContent,
  type MessageText,
  type Outbox,
  type OutboxMessage,
} from './channel.js';
export type { Clock } from './clock.js';
export {
  CODE_FACTOR_RULES,
  DEFAULT_CODE_FACTOR_OPTIONS,
  type CodeFactorOptions,
  type ResolvedCodeFactorOptions,
} from './code-factor-options.js';
export { CodeFactor, type AddressEnrolment, type AddressKind } from './code-factor.js';
export {
  composeFactors,
  type AnyFactor,
  type ComposedFactors,
  type ComposeOptions,
  type ParseCloud,
  type StoreSource,
} from './compose-factors.js';
export type { EnrolmentRecord } from './enrolment-record.js';
export { FACTOR_ERRORS, FactorConfigError, FactorError, type FactorErrorCode, type FactorErrorDetails } from './factor-error.js';
export type { FactorEvent, FactorEventType, FactorListener } from './factor-event.js';
export type { CloudRequest, TriggerRequest } from './factor-guard.js';
export type { FactorRuntime } from './factor-runtime.js';
export {
  Factor,
  factorSubject,
  PURPOSES,
  type FactorContext,
  type FactorUser,
  type Intent,
  type Purpose,
  type Reply,
} from './factor.js';
export type { FreshnessOptions } from './freshness.js';
export { assertLocks, ATTEMPT_LIMIT_RULES, beginGuess, DEFAULT_ATTEMPT_LIMITS, type Guess } from './guess.js';
export { generateKey, Keyring, type OpenedRecord } from './keyring.js';
export { MemoryOtpStore } from './memory-otp-store.js';
export {
  choiceOption,
  functionOption,
  integerOption,
  optional,
  resolveOptions,
  textOption,
  urlOption,
  type OptionRule,
} from './options.js';
export {
  lockLength,
  RETENTION_MS,
  type AttemptLimits,
  type AttemptResult,
  type CountResult,
  type IssueResult,
  type LiveCode,
  type OtpStore,
  type Quota,
  type SendLimits,
} from './otp-store.js';
export type { ParseDatabase, ParseRow, ParseSchema } from './parse-database.js';
export type { HookConfig, HookObject, HookRequest, HookUser, ProviderValidator } from './parse-hooks.js';
export { FACTOR_STATE_CLASS, ParseOtpStore } from './parse-otp-store.js';
export { asObject, digitsRule, readCode, readFields, type FieldRule } from './payload.js';
export { drawBytes, randomDigits, systemRandom, type RandomSource } from './random.js';
export { subjectOf } from './subject.js';
