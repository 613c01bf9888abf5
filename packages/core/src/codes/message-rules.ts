import { FactorError } from '../error/factor-error.js';
import { assertChecked, type RequestCheck } from '../factor/checks/request-check.js';
import type { RequestContext } from '../factor/context.js';
import type { CodeBinding } from './code-binding.js';
import { type AllowFunction, type AllowOption, splitAllow } from './code-factor-options.js';

/** The option `allow`: what must allow a message before anything is counted. */
export class MessageRules {
  /** What a request is checked by before a user is looked for. */
  readonly checks: readonly RequestCheck[];
  readonly #functions: readonly AllowFunction[];

  constructor(allow: AllowOption | undefined) {
    ({ checks: this.checks, rules: this.#functions } = splitAllow(allow));
  }

  /**
   * Resolves if the message may be sent.
   *
   * @param via the way that the message goes by
   * @throws FactorError `address_refused`, `unavailable`
   */
  async assert(context: RequestContext, { address, purpose, user }: CodeBinding, via: string | undefined): Promise<void> {
    if (context.isChecked !== true) await assertChecked(this.checks, context);
    const { ip, headers, installationId, emit } = context;
    const asked = { purpose, user, ip, installationId, headers, emit, ...(via !== undefined && { via }) };
    for (const isAllowed of this.#functions) {
      const allowed: unknown = await isAllowed(address, asked);
      if (allowed !== true) throw new FactorError('address_refused');
    }
  }
}
