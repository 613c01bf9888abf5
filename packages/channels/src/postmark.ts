import type { Channel, OutgoingMessage } from '@parse-factors/core/channel';
import { patternOption } from '@parse-factors/core/factor';
import { codes } from './support/faults.js';
import { json, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { mailHeader, mailSenderOption, type ProviderOptions, resolveProvider, tokenOption } from './support/provider-options.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link postmark}. */
export interface PostmarkOptions extends ProviderOptions {
  /** The token of a Postmark server. */
  readonly serverToken: string;
  /** A confirmed sender: `codes@example.com` or `Acme <codes@example.com>`. */
  readonly from: string;
  /** The id of a transactional message stream; `outbound` by default. */
  readonly messageStream?: string;
}

/**
 * Sends mail by Postmark's API, with one try each and without tracking. A message counts as sent after the documented reply:
 * status 200, error code 0 and a message id. A recipient that Postmark keeps as inactive, or that it calls invalid, is
 * `address_refused`. Any other failure is one of the channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function postmark(options: PostmarkOptions): Channel {
  const { serverToken, from, messageStream, baseUrl, timeoutMs } = resolveProvider<PostmarkOptions, 'messageStream'>(
    'postmark',
    options,
    {
      serverToken: tokenOption,
      from: mailSenderOption,
      messageStream: patternOption(/^[a-z0-9_-]{1,100}$/, 'the id of a message stream, such as "outbound"'),
    },
    { messageStream: 'outbound' },
  );
  const url = urlOf(baseUrl ?? 'https://api.postmarkapp.com', '/email');
  const api: ProviderApi = {
    timeoutMs,
    headers: { 'X-Postmark-Server-Token': serverToken },
    isAccepted: ({ status, body: { ErrorCode, MessageID } }) =>
      status === 200 && ErrorCode === 0 && typeof MessageID === 'string' && MessageID !== '',
    // 300 is any invalid field; the message names which.
    codeOf: ({ body: { ErrorCode, Message } }) =>
      ErrorCode === 300 && /^(?:Error parsing|Invalid) 'To'/.test(String(Message)) ? 'invalid_to' : ErrorCode,
    meanings: { ...codes('refused', 406, 'invalid_to'), ...codes('throttled', 429) },
  };
  const send = async ({ to, subject, text, html, signal }: OutgoingMessage): Promise<void> => {
    const body = json({
      From: mailHeader(from),
      To: to,
      Subject: subject,
      TextBody: text,
      ...(html !== undefined && { HtmlBody: html }),
      MessageStream: messageStream,
      // No tracking pixel and no rewritten links: third parties must not learn who reads a code.
      TrackOpens: false,
      TrackLinks: 'None',
    });
    return post(api, { url, body, signal });
  };
  return { name: 'postmark', send, notify: send, ...reaching(url, api) };
}
