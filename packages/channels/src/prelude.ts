import type { VerificationAnswer, Verifier } from '@parse-factors/core/channel';
import { choiceOption } from '@parse-factors/core/factor';
import { exchange, json, type ProviderAccess, type ProviderReply, reaching, urlOf } from './support/http.js';
import { tokenOption } from './support/provider-options.js';
import { isMail, resolveVerifier, verificationFault, type VerifierOptions } from './support/verifier.js';

export type { ProviderOptions } from './support/provider-options.js';
export type { VerifierOptions } from './support/verifier.js';

/** Options of {@link prelude}. */
export interface PreludeOptions extends VerifierOptions {
  /** A v2 API key. */
  readonly apiKey: string;
  /**
   * How a code reaches a phone: `message` is SMS, WhatsApp or another messenger, as Prelude chooses; `voice` is a call.
   * `message` by default.
   */
  readonly via?: 'message' | 'voice';
}

/** States of a verification for which a code was sent. */
const SENT = new Set(['success', 'retry', 'challenged', 'shadow_blocked']);
/** Reasons of a block that are about the number. */
const REFUSED = new Set(['in_block_list', 'invalid_phone_line', 'invalid_phone_number', 'suspicious']);
/** Error codes about the number. */
const REFUSED_CODES = new Set(['invalid_phone_number', 'invalid_line', 'blocked_number', 'unsupported_region']);
const ANSWERS: Readonly<Record<string, VerificationAnswer>> = {
  success: 'right',
  failure: 'wrong',
  expired_or_not_found: 'gone',
};
const ID = /^[\w-]{1,100}$/;

/**
 * Lets Prelude make, send and check codes: by SMS, messengers, phone call or email. Each request is tried once.
 *
 * A verification counts as started after the documented reply: status 200, an id, and a status other than `blocked`. A code is
 * right only after status 200, `success`, and no other id. A number that Prelude blocks is `address_refused`; too many attempts
 * are `cooldown`. Prelude checks by address. It sends the same verification again within its verification window.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function prelude(options: PreludeOptions): Verifier {
  const resolved = resolveVerifier<PreludeOptions, 'via'>(
    'prelude',
    options,
    [4, 8],
    { apiKey: tokenOption, via: choiceOption('message', 'voice') },
    { via: 'message' },
  );
  const { apiKey, via, codeLength, rejectionMs, baseUrl, timeoutMs } = resolved;
  const url = urlOf(baseUrl ?? 'https://api.prelude.dev', '/v2/verification');
  const access: ProviderAccess = { timeoutMs, headers: { Authorization: `Bearer ${apiKey}` } };
  return {
    name: 'prelude',
    ...reaching(url, access),
    codeLength,
    ...(rejectionMs !== undefined && { rejectionMs }),
    start: async ({ to, locale, signal }) => {
      // Without a method, Prelude may verify a phone silently, which sends no code.
      const method = isMail(to) ? {} : { method: via };
      const body = json({ target: targetOf(to), options: { code_size: codeLength, locale, ...method } });
      return startedBy(await exchange(access, { url, body, signal }));
    },
    check: async ({ id, to, code, signal }) => {
      const body = json({ target: targetOf(to), code });
      return answerOf(await exchange(access, { url: `${url}/check`, body, signal }), id);
    },
  };
}

const targetOf = (to: string): object => ({ type: isMail(to) ? 'email_address' : 'phone_number', value: to });

function startedBy(reply: ProviderReply): { readonly id: string } {
  const { id, status, reason, code } = reply.body;
  if (reply.status === 200 && status === 'blocked') {
    if (reason === 'repeated_attempts') throw verificationFault(reply, reason, 'limited');
    throw verificationFault(reply, reason, REFUSED.has(String(reason)) ? 'refused' : undefined);
  }
  if (reply.status === 200 && SENT.has(String(status)) && typeof id === 'string' && ID.test(id)) return { id };
  throw verificationFault(reply, code, reply.status >= 400 && REFUSED_CODES.has(String(code)) ? 'refused' : undefined);
}

function answerOf(reply: ProviderReply, id: string): VerificationAnswer {
  const { id: checked = id, status, code } = reply.body;
  const answer = reply.status === 200 && typeof status === 'string' ? ANSWERS[status] : undefined;
  if (answer === undefined) throw verificationFault(reply, code ?? status);
  // Prelude names no verification in a check. The reply says which one it was.
  return checked === id ? answer : 'gone';
}
