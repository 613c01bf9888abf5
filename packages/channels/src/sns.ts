import {
  GetSMSAttributesCommand,
  type MessageAttributeValue,
  PublishCommand,
  SNSClient,
  type SNSClientConfig,
} from '@aws-sdk/client-sns';
import type { Channel, OutgoingMessage } from '@parse-factors/core/channel';
import { optional, patternOption, resolveOptions } from '@parse-factors/core/factor';
import { AWS_RULES, clientOption, ONE_TRY, reachAws, refuseRetries, sendByAws } from './support/aws.js';
import { notAccepted } from './support/faults.js';
import { PROVIDER_DEFAULTS } from './support/provider-options.js';

/** Options of {@link sns}. */
export interface SnsOptions {
  /**
   * Settings of the client, such as `{ region, credentials }`; by default the SDK finds them as always: environment, profile,
   * role. It must not set retries.
   */
  readonly client?: SNSClientConfig;
  /** The name that messages come from, where the country allows one: 1 to 11 letters, digits and hyphens with a letter. */
  readonly senderId?: string;
  /** The number of yours that messages come from, in E.164; SNS chooses one by default. */
  readonly originationNumber?: string;
  /** Timeout of one request in milliseconds, 50 to 60,000; 30,000 by default. */
  readonly timeoutMs?: number;
}

/**
 * Sends SMS by Amazon SNS with the AWS SDK's own client, with one try each and as transactional messages. A message counts as
 * sent after a reply with a message id. A number that SNS calls invalid or opted out is `address_refused`. Any other failure is
 * one of the channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function sns(options: SnsOptions = {}): Channel {
  const { client, senderId, originationNumber, timeoutMs } = resolveOptions<SnsOptions & Required<Pick<SnsOptions, 'timeoutMs'>>>(
    'sns',
    options,
    {
      client: clientOption,
      senderId: optional(
        patternOption(/^(?=.*[A-Za-z])(?!-)[A-Za-z0-9-]{1,11}(?<!-)$/, '1 to 11 letters, digits and hyphens, with a letter'),
      ),
      originationNumber: optional(patternOption(/^\+[1-9][0-9]{4,14}$/, 'a number in E.164 such as +12025550123')),
      ...AWS_RULES,
    },
    PROVIDER_DEFAULTS,
  );
  refuseRetries('sns', client);
  const publisher = new SNSClient({ ...client, ...ONE_TRY });
  const attribute = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value });
  const attributes: Record<string, MessageAttributeValue> = {
    'AWS.SNS.SMS.SMSType': attribute('Transactional'),
    ...(senderId !== undefined && { 'AWS.SNS.SMS.SenderID': attribute(senderId) }),
    ...(originationNumber !== undefined && { 'AWS.MM.SMS.OriginationNumber': attribute(originationNumber) }),
  };
  const send = async ({ to, text, signal }: OutgoingMessage): Promise<void> => {
    const command = new PublishCommand({ PhoneNumber: to, Message: text, MessageAttributes: attributes });
    const { MessageId } = await sendByAws(
      { signal, timeoutMs },
      (abortSignal) => publisher.send(command, { abortSignal }),
      (fault) => (isAboutNumber(fault) ? 'refused' : undefined),
    );
    if (typeof MessageId !== 'string' || MessageId === '') throw notAccepted('no_message_id');
  };
  const reach = (signal: AbortSignal): Promise<void> =>
    reachAws({ signal, timeoutMs }, (abortSignal) => publisher.send(new GetSMSAttributesCommand({}), { abortSignal }));
  return { name: 'sns', send, notify: send, reach };
}

/** `InvalidParameter` is about any parameter; the message names which. */
const isAboutNumber = (fault: { readonly name?: unknown; readonly message?: unknown }): boolean =>
  fault.name === 'OptedOutException' ||
  fault.name === 'OptedOut' ||
  (/^InvalidParameter(?:Exception)?$/.test(String(fault.name)) &&
    /^Invalid parameter: PhoneNumber\b|\bopted out\b/.test(String(fault.message)));
