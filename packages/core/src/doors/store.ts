export type { ClassIncident } from '../parse/database/closed-class.js';
export type { ParseDatabase, ParseRow, ParseStorage, SchemaOfClass } from '../parse/database/parse-database.js';
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
  NEVER,
  type OtpStore,
  type Quota,
  type RedeemResult,
  RETENTION_MS,
  type SendLimits,
  UNLIMITED,
} from '../store/otp-store.js';
export { type RowChange, RowOtpStore, type RowStep } from '../store/row-otp-store.js';
export {
  type ArgumentName,
  type Arguments,
  argumentsBy,
  type Kinds,
  type Language,
  type Outcome,
  type Reason,
  type RowOf,
} from '../store/rules/language.js';
export type { Verb } from '../store/rules/verb.js';
export { VerbRules } from '../store/rules/verb-rules.js';
export { RuledOtpStore } from '../store/ruled-otp-store.js';
export { COLUMNS, EMPTY_ROW, type SubjectRow } from '../store/subject-row.js';
export type { Clock } from '../time/clock.js';
export { CommandTimeout, CommandTimeouts } from '../time/command-timeouts.js';
