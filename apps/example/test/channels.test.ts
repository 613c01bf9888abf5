import { describe, expect, it } from 'vitest';
import { chooseChannels } from '../src/server/channels.js';

const twilio = { TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: 'token', TWILIO_FROM: '+14155550100' };

describe('the channels of the example', () => {
  it.each([
    ['nothing', {}, 'sms', 'email', 2],
    ['Twilio', twilio, 'twilio', 'email', 1],
    ['SMTP', { SMTP_URL: 'smtps://user:password@mail.example' }, 'sms', 'smtp', 1],
    ['SendGrid', { SENDGRID_API_KEY: 'SG.key', MAIL_FROM: 'codes@acme.example' }, 'sms', 'sendgrid', 1],
    ['all', { ...twilio, SENDGRID_API_KEY: 'SG.key', SMTP_URL: 'smtp://localhost:25' }, 'twilio', 'sendgrid', 0],
  ])('with %s in the environment', (_name, env, sms, email, outboxes) => {
    const channels = chooseChannels(env);
    expect([channels.sms.name, channels.email.name, channels.outboxes.length]).toEqual([sms, email, outboxes]);
  });

  it('name what is wrong with them', () => {
    expect(() => chooseChannels({ ...twilio, TWILIO_FROM: 'x'.repeat(20) })).toThrow(/twilio: option "from"/);
    expect(() => chooseChannels({ SMTP_URL: 'mail.example' })).toThrow(/smtp: option "url"/);
    expect(() => chooseChannels({ SENDGRID_API_KEY: 'key' })).toThrow(/sendgrid: option "apiKey"/);
  });
});
