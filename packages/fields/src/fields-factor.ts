import { FactorError } from '@parse-factors/core';
import {
  ATTEMPT_LIMIT_RULES,
  assertLocks,
  choiceOption,
  DEFAULT_ATTEMPT_LIMITS,
  Factor,
  integerOption,
  refuseRemovedOptions,
  resolveOptions,
  type Command,
  type Confirmed,
  type FactorContext,
  type PayloadSource,
  type Purpose,
  type Reply,
} from '@parse-factors/core/factor';
import type { AttemptLimits } from '@parse-factors/core/store';
import { assertDistinct, fieldOption, resolveField, resolveFind, type FieldOptions, type FindOptions } from './field.js';
import { FieldsSignIn, readTicket, type FieldsEnrolment, type TicketAnswer } from './fields-sign-in.js';

/** Options of {@link FieldsFactor}. */
export interface FieldsOptions extends Partial<Omit<AttemptLimits, 'maxAttempts'>> {
  /**
   * The field that users are looked up by, such as a member number or `username`. Its values must be stored in normalised form,
   * unique and indexed.
   */
  readonly find: string | FindOptions;
  /** One to five more fields. All of them must match. */
  readonly match: readonly (string | FieldOptions)[];
  /**
   * `default` lets in only users who have enrolled a second factor, and asks for it. With `solo` the fields are enough for a
   * user without a second factor. `default` by default.
   */
  readonly policy?: 'default' | 'solo';
  /**
   * Codes requested from one IP address (IPv6: /64) in ten minutes, counted for all users together, 1 to 10,000; 20 by default.
   */
  readonly maxAsksPerIp?: number;
}

const MAX_MATCH = 5;
const REMOVED = { alone: 'was replaced by "policy": use "solo" for true, and "default" or nothing for false' };
const NOTHING_TO_LINK = 'This factor cannot be set up: users sign in with fields of their user object.';

/**
 * A primary factor that finds a user by fields of the user object, such as a member number and a birth date. By default it also
 * requires a second factor. Payload: the fields by name, all strings.
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { FieldsFactor, isoDate } from '@parse-factors/fields';
 * import { TotpFactor } from '@parse-factors/totp';
 *
 * export const factors = (keys: string) =>
 *   composeFactors({
 *     keys,
 *     factors: {
 *       member: new FieldsFactor({ find: 'memberNumber', match: [{ name: 'birthDate', ...isoDate }] }),
 *       totp: new TotpFactor({ issuer: 'Acme' }),
 *     },
 *   });
 * ```
 */
export class FieldsFactor extends Factor<FieldsEnrolment, TicketAnswer, undefined> {
  override readonly policy: 'default' | 'solo';
  override readonly primary: FieldsSignIn;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: FieldsOptions) {
    super();
    refuseRemovedOptions('FieldsFactor', options, REMOVED);
    const { maxAttempts: _none, ...limitRules } = ATTEMPT_LIMIT_RULES;
    const { maxAttempts: _no, ...defaults } = DEFAULT_ATTEMPT_LIMITS;
    const { find, match, policy, maxAsksPerIp, ...limits } = resolveOptions<Required<FieldsOptions>>(
      'FieldsFactor',
      options,
      {
        ...limitRules,
        find: fieldOption,
        match: {
          accepts: `a list of 1 to ${MAX_MATCH} fields`,
          isValid: (value) =>
            Array.isArray(value) && value.length >= 1 && value.length <= MAX_MATCH && value.every(fieldOption.isValid),
        },
        policy: choiceOption('default', 'solo'),
        maxAsksPerIp: integerOption(1, 10_000),
      },
      { ...defaults, policy: 'default', maxAsksPerIp: 20 },
    );
    // The limit of attempts per code has no effect, because this factor has no code.
    const rules = {
      find: resolveFind('find', find),
      match: match.map((field) => resolveField('match', field)),
      limits: { ...limits, maxAttempts: 1 },
      needsSecondFactor: policy === 'default',
      maxAsksPerIp,
    };
    assertDistinct([rules.find, ...rules.match]);
    assertLocks('FieldsFactor', rules.limits);
    this.policy = policy;
    this.primary = new FieldsSignIn(rules);
  }

  read(payload: unknown, { at, enrolment }: PayloadSource<FieldsEnrolment>): Command<TicketAnswer, undefined> {
    if (enrolment !== undefined) return at === 'challenge' ? { do: 'challenge' } : { do: 'answer', answer: readTicket(payload) };
    return at === 'challenge' ? { do: 'begin', begin: undefined } : { do: 'enrol', confirmation: undefined };
  }

  async beginEnrolment(): Promise<Reply> {
    throw new FactorError('invalid_input', { sentence: NOTHING_TO_LINK });
  }

  async confirmEnrolment(): Promise<Confirmed<FieldsEnrolment>> {
    throw new FactorError('invalid_input', { sentence: NOTHING_TO_LINK });
  }

  /** Sends nothing: the user knows the fields. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: FactorContext, purpose: Purpose, answer: TicketAnswer, enrolment: FieldsEnrolment): Promise<undefined> {
    await this.primary.redeem(context, answer, enrolment)(purpose);
  }

  describe(): Reply {
    return {};
  }
}
