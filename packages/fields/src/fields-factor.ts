import {
  ATTEMPT_LIMIT_RULES,
  assertLocks,
  choiceOption,
  DEFAULT_ATTEMPT_LIMITS,
  Factor,
  FactorError,
  integerOption,
  resolveOptions,
  type AttemptLimits,
  type Confirmed,
  type FactorContext,
  type Intent,
  type Purpose,
  type Reply,
} from '@parse-factors/core';
import { assertDistinct, fieldOption, resolveField, resolveFind, type FieldOptions, type FindOptions } from './field.js';
import { FieldsSignIn, type FieldsEnrolment } from './fields-sign-in.js';

/** Options of {@link FieldsFactor}. */
export interface FieldsOptions extends Partial<Omit<AttemptLimits, 'maxAttempts'>> {
  /**
   * The field by which a user is looked up, such as a member number or `username`: stored in the normalised
   * form, unique, and with an index.
   */
  readonly find: string | FindOptions;
  /** One to five further fields, all of which must be right. */
  readonly match: readonly (string | FieldOptions)[];
  /** Whether it is enough for users without a second factor; false by default. */
  readonly alone?: boolean;
  /** Codes asked for from one IP address (IPv6: /64) in ten minutes, whoever is meant, 1 to 10,000; 20 by default. */
  readonly maxAsksPerIp?: number;
}

const MAX_MATCH = 5;
const NOTHING_TO_LINK = 'There is nothing to set up: users are known by their fields.';

/**
 * A first factor that knows a user by fields of his user object, such as a member number and a birth date, and
 * asks for a second factor besides. Payload: the fields by their names, all strings.
 */
export class FieldsFactor extends Factor<FieldsEnrolment> {
  override readonly signIn: FieldsSignIn;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: FieldsOptions) {
    super();
    const { maxAttempts: _none, ...limitRules } = ATTEMPT_LIMIT_RULES;
    const { maxAttempts: _no, ...defaults } = DEFAULT_ATTEMPT_LIMITS;
    const { find, match, alone, maxAsksPerIp, ...limits } = resolveOptions<Required<FieldsOptions>>(
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
        alone: choiceOption(true, false),
        maxAsksPerIp: integerOption(1, 10_000),
      },
      { ...defaults, alone: false, maxAsksPerIp: 20 },
    );
    // Attempts at one live code do not matter: there is none.
    const rules = {
      find: resolveFind('find', find),
      match: match.map((field) => resolveField('match', field)),
      limits: { ...limits, maxAttempts: 1 },
      alone,
      maxAsksPerIp,
    };
    assertDistinct([rules.find, ...rules.match]);
    assertLocks('FieldsFactor', rules.limits);
    this.signIn = new FieldsSignIn(rules);
  }

  intent(): Intent {
    return 'answer';
  }

  async beginEnrolment(): Promise<Reply> {
    throw new FactorError('invalid_input', { sentence: NOTHING_TO_LINK });
  }

  async confirmEnrolment(): Promise<Confirmed<FieldsEnrolment>> {
    throw new FactorError('invalid_input', { sentence: NOTHING_TO_LINK });
  }

  /** Nothing to send: the user knows his fields. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: FactorContext, purpose: Purpose, payload: unknown, enrolment: FieldsEnrolment): Promise<undefined> {
    await this.signIn.redeem(context, payload, enrolment)(purpose);
  }

  describe(): Reply {
    return {};
  }
}
