import { FactorError } from '../error/factor-error.js';
import { assertChecked, type RequestCheck } from '../factor/checks/request-check.js';
import type { RequestContext } from '../factor/context.js';
import type { CodeBinding } from './code-binding.js';
import { type AllowFunction, type AllowOption, splitAllow } from './code-factor-options.js';
import type { MessageLimits } from './limits/send-limits.js';

/** The option `allow`: what must allow a message before it is counted. */
export class MessageRules {
  /** What a request is checked by before a user is looked for. */
  readonly checks: readonly RequestCheck[];
  readonly #functions: readonly AllowFunction[];
  readonly #limits: MessageLimits;

  constructor(allow: AllowOption | undefined, limits: MessageLimits) {
    ({ checks: this.checks, rules: this.#functions } = splitAllow(allow));
    this.#limits = limits;
  }

  /**
   * Resolves if the message may be sent.
   *
   * @param via the way that the message goes by
   * @throws FactorError `address_refused`, `unavailable`; `cooldown` if the network has asked too often
   */
  async assert(context: RequestContext, { address, purpose, user }: CodeBinding, via: string | undefined): Promise<void> {
    if (context.isChecked !== true) await assertChecked(this.checks, context);
    if (this.#functions.length > 0) await this.#limits.countQuestion(context, { user });
    const { ip, headers, installationId, emit } = context;
    const asked = { purpose, user, ip, installationId, headers, emit, ...(via !== undefined && { via }) };
    for (const isAllowed of this.#functions) {
      const allowed: unknown = await isAllowed(address, asked);
      if (allowed !== true) throw new FactorError('address_refused');
    }
  }
}
