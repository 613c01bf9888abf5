export type { ClassIncident } from '../parse/database/closed-class.js';
export type { ParseDatabase, ParseRow, ParseStorage, SchemaOfClass } from '../parse/database/parse-database.js';
export { NEVER } from '../parse/database/parse-otp-store.js';
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
} from '../store/otp-store.js';
export { type QuotaWindow, type RowChange, RowOtpStore, type RowStep, type SubjectRow } from '../store/row-otp-store.js';
export type { Clock } from '../time/clock.js';
