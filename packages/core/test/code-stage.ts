import type { AddressType } from '../src/codes/address-type.js';
import type { CodeBinding } from '../src/codes/code-binding.js';
import { DEFAULT_CODE_FACTOR_OPTIONS, type ResolvedCodeFactorOptions } from '../src/codes/code-factor-options.js';
import type { Channel, Delivery, OutgoingMessage } from '../src/delivery/channel.js';
import { FactorError } from '../src/error/factor-error.js';
import { MINUTE, userWith } from './unit-stage.js';

/** What unit tests of delivered codes are set up with: a kind of addresses, options, and a channel that keeps what it takes. */

/** E-mail addresses, as far as the tests need them: lower case, with an at sign. */
export const MAIL: AddressType = {
  field: 'email',
  noun: 'address',
  normalise: (input) => {
    if (!input.includes('@')) throw new FactorError('invalid_input', { sentence: 'This is no e-mail address.' });
    return input.toLowerCase();
  },
  mask: (address) => `${address.slice(0, 1)}***`,
};

/** Numbers of two countries: the first two digits say which. */
export const PHONE: AddressType = {
  ...MAIL,
  field: 'phone',
  noun: 'number',
  normalise: (input) => input,
  region: (address) => ({ country: address.startsWith('+49') ? 'DE' : 'GB', prefix: address.slice(0, 6) }),
};

export const ANN = 'ann@acme.example' as const;

/** A channel that keeps what it takes, in order. */
export class TestChannel implements Channel {
  readonly name = 'test';
  readonly taken: Delivery[] = [];
  readonly notices: OutgoingMessage[] = [];
  /** What the next messages fail with. */
  fault: Error | undefined;

  async send(delivery: Delivery): Promise<void> {
    if (this.fault !== undefined) throw this.fault;
    this.taken.push(delivery);
  }

  async notify(notice: OutgoingMessage): Promise<void> {
    this.notices.push(notice);
  }

  /** The code of the last message. */
  get code(): string {
    return this.taken.at(-1)?.code ?? 'no message';
  }
}

/** Options with their defaults, on a channel. Codes live for ten minutes. */
export const codeOptions = (channel: Channel, more: Partial<ResolvedCodeFactorOptions> = {}): ResolvedCodeFactorOptions => ({
  ...DEFAULT_CODE_FACTOR_OPTIONS,
  validityMs: 10 * MINUTE,
  channel,
  ...more,
});

/** A code for the login of user `u1`, at Ann's address. */
export const targetWith = (more: Partial<CodeBinding> = {}): CodeBinding => ({
  subject: 's',
  purpose: 'sign-in',
  address: ANN,
  user: userWith(),
  ...more,
});

/** Another code of the same length. */
export const wrongCode = (code: string): string => code.replace(/^./, (digit) => String((Number(digit) + 1) % 10));
