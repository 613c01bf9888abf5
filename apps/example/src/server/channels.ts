import { outbox, type Channel, type Outbox } from '@parse-factors/core';
import { sendgrid } from '@parse-factors/email-otp/sendgrid';
import { smtp } from '@parse-factors/email-otp/smtp';
import { twilio } from '@parse-factors/sms-otp/twilio';

/** Where messages go: real channels where the environment names them, outboxes otherwise. */
export interface Channels {
  readonly sms: Channel;
  readonly email: Channel;
  readonly outboxes: readonly Outbox[];
}

/** Chooses the channels by the environment. */
export function chooseChannels(env: NodeJS.ProcessEnv): Channels {
  const outboxes: Outbox[] = [];
  const keep = (name: string): Outbox => {
    const box = outbox({ name });
    outboxes.push(box);
    return box;
  };
  const sms = env['TWILIO_ACCOUNT_SID'] === undefined ? keep('sms') : viaTwilio(env);
  const email = env['SENDGRID_API_KEY'] === undefined && env['SMTP_URL'] === undefined ? keep('email') : viaMail(env);
  return { sms, email, outboxes };
}

const given = <Name extends string>(name: Name, value: string | undefined): { [Key in Name]?: string } =>
  (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string };

const viaTwilio = (env: NodeJS.ProcessEnv): Channel =>
  twilio({
    accountSid: env['TWILIO_ACCOUNT_SID'] ?? '',
    authToken: env['TWILIO_AUTH_TOKEN'] ?? '',
    ...given('from', env['TWILIO_FROM']),
    ...given('messagingServiceSid', env['TWILIO_MESSAGING_SERVICE_SID']),
    ...given('baseUrl', env['TWILIO_BASE_URL']),
  });

function viaMail(env: NodeJS.ProcessEnv): Channel {
  const from = env['MAIL_FROM'] ?? 'codes@example.com';
  const { SENDGRID_API_KEY: apiKey, SMTP_URL: url } = env;
  if (apiKey !== undefined) return sendgrid({ apiKey, from, ...given('baseUrl', env['SENDGRID_BASE_URL']) });
  return smtp({ url: url ?? '', from });
}
