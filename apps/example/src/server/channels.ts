import { twilioVoice } from '@parse-factors/channels/twilio-voice';
import { outbox, type Outbox } from '@parse-factors/core';
import type { Channel } from '@parse-factors/core/channel';
import { sendgrid } from '@parse-factors/email-otp/sendgrid';
import { smtp } from '@parse-factors/email-otp/smtp';
import { twilio } from '@parse-factors/sms-otp/twilio';

/** The channels that deliver messages. */
export interface Channels {
  readonly sms: Channel;
  /** Calls the user and reads the code out. Undefined when the example cannot call. */
  readonly voice?: Channel | undefined;
  readonly email: Channel;
  /** The channels that store messages for the outbox page and send nothing. */
  readonly outboxes: readonly Outbox[];
}

/**
 * Chooses the channels by the environment: Twilio, SendGrid or SMTP where it is configured, an outbox otherwise. With Twilio,
 * calls need a number of their own, `TWILIO_VOICE_FROM`.
 *
 * @throws FactorConfigError when a channel is configured incorrectly
 */
export function chooseChannels(env: NodeJS.ProcessEnv): Channels {
  const outboxes: Outbox[] = [];
  const addOutbox = (name: string): Outbox => {
    const box = outbox({ name });
    outboxes.push(box);
    return box;
  };
  const hasTwilio = env['TWILIO_ACCOUNT_SID'] !== undefined;
  const [sms, voice] = hasTwilio ? [viaTwilio(env), callsByTwilio(env)] : [addOutbox('sms'), addOutbox('voice')];
  const email = env['SENDGRID_API_KEY'] === undefined && env['SMTP_URL'] === undefined ? addOutbox('email') : viaMail(env);
  return { sms, voice, email, outboxes };
}

/** An option, left out where the environment does not set it. */
const optional = <Name extends string>(name: Name, value: string | undefined): { [Key in Name]?: string } =>
  (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string };

const twilioAccount = (env: NodeJS.ProcessEnv): { accountSid: string; authToken: string; baseUrl?: string } => ({
  accountSid: env['TWILIO_ACCOUNT_SID'] ?? '',
  authToken: env['TWILIO_AUTH_TOKEN'] ?? '',
  ...optional('baseUrl', env['TWILIO_BASE_URL']),
});

const viaTwilio = (env: NodeJS.ProcessEnv): Channel =>
  twilio({
    ...twilioAccount(env),
    ...optional('from', env['TWILIO_FROM']),
    ...optional('messagingServiceSid', env['TWILIO_MESSAGING_SERVICE_SID']),
  });

const callsByTwilio = (env: NodeJS.ProcessEnv): Channel | undefined =>
  env['TWILIO_VOICE_FROM'] === undefined ? undefined : twilioVoice({ ...twilioAccount(env), from: env['TWILIO_VOICE_FROM'] });

function viaMail(env: NodeJS.ProcessEnv): Channel {
  const from = env['MAIL_FROM'] ?? 'codes@example.com';
  const { SENDGRID_API_KEY: apiKey, SMTP_URL: url } = env;
  if (apiKey !== undefined) return sendgrid({ apiKey, from, ...optional('baseUrl', env['SENDGRID_BASE_URL']) });
  return smtp({ url: url ?? '', from });
}
