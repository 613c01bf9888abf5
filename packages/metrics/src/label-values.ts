import { FACTOR_ERRORS, FACTOR_EVENT_TYPES } from '@parse-factors/core';
import { PURPOSES } from '@parse-factors/core/factor';
import type { OtpStore } from '@parse-factors/core/store';

/** A verb of the store. Asking for its clock is none. */
export type StoreVerb = Exclude<keyof OtpStore, 'time'>;

/** The compiler refuses these lists when a verb or a type is missing. */
const VERBS: Readonly<Record<StoreVerb, true>> = {
  issue: true,
  attempt: true,
  guess: true,
  consume: true,
  redeem: true,
  revoke: true,
  advance: true,
  claim: true,
  count: true,
  uncount: true,
  pardon: true,
  forget: true,
  prune: true,
};

/** All verbs of a store. */
export const STORE_VERBS: readonly StoreVerb[] = Object.keys(VERBS) as StoreVerb[];

const REASONS = [
  'step_used',
  'code_replaced',
  'wrong_password',
  'passkey_origin',
  'passkey_rp_id',
  'passkey_type',
  'counter_went_back',
];

/** ISO 3166-1 alpha-2. `ZZ` is used for numbers that belong to no country. */
const COUNTRIES =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ZZ';

/** Names the value of a label. */
export type LabelOf = (value: string | undefined) => string;

/** Returns a function that names the value of a label: `none` for no value, `other` for one that is not in the set. */
const oneOf = (values: Iterable<string>): LabelOf => {
  const known = new Set(values);
  return (value) => (value === undefined || value === '' ? 'none' : known.has(value) ? value : 'other');
};

/** Names purposes. */
export const purposeLabel: LabelOf = oneOf(PURPOSES);
/** Names types of events. */
export const typeLabel: LabelOf = oneOf(FACTOR_EVENT_TYPES);
/** Names what became of an answer. */
export const outcomeLabel: LabelOf = oneOf(['verified', ...Object.keys(FACTOR_ERRORS), ...REASONS]);
/** Names countries. */
export const countryLabel: LabelOf = oneOf(COUNTRIES.split(' '));

/** Returns a function that names factors. */
export const factorLabel = (keys: readonly string[]): LabelOf => oneOf(keys);

/** Returns a function that names the first `most` values that it sees; all later ones are `other`. */
export function firstValues(most: number): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.size < most) seen.add(value);
    return seen.has(value) ? value : 'other';
  };
}
