import { describe, expect, it } from 'vitest';
import { chooseChannels } from '../src/server/channels.js';

const twilio = { TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: 'token', TWILIO_FROM: '+14155550100' };

describe('the channels of the example', () => {
  it.each([
    ['nothing', {}, 'sms', 'voice', 'email', ['sms', 'voice', 'email']],
    ['Twilio', twilio, 'twilio', undefined, 'email', ['email']],
    ['Twilio with calls', { ...twilio, TWILIO_VOICE_FROM: '+14155550101' }, 'twilio', 'twilio-voice', 'email', ['email']],
    ['calls without Twilio', { TWILIO_VOICE_FROM: '+14155550101' }, 'sms', 'voice', 'email', ['sms', 'voice', 'email']],
    ['SMTP', { SMTP_URL: 'smtps://user:password@mail.example' }, 'sms', 'voice', 'smtp', ['sms', 'voice']],
    ['SendGrid', { SENDGRID_API_KEY: 'SG.key', MAIL_FROM: 'codes@acme.example' }, 'sms', 'voice', 'sendgrid', ['sms', 'voice']],
    ['all', { ...twilio, SENDGRID_API_KEY: 'SG.key', SMTP_URL: 'smtp://localhost:25' }, 'twilio', undefined, 'sendgrid', []],
  ])('with %s in the environment', (_name, env, sms, voice, email, outboxes) => {
    const channels = chooseChannels(env);
    expect([channels.sms.name, channels.voice?.name, channels.email.name]).toEqual([sms, voice, email]);
    expect(channels.outboxes.map(({ name }) => name)).toEqual(outboxes);
  });

  it('name what is wrong with them', () => {
    expect(() => chooseChannels({ ...twilio, TWILIO_FROM: 'x'.repeat(20) })).toThrow(/twilio: option "from"/);
    expect(() => chooseChannels({ ...twilio, TWILIO_VOICE_FROM: 'Acme' })).toThrow(/twilioVoice: option "from"/);
    expect(() => chooseChannels({ SMTP_URL: 'mail.example' })).toThrow(/smtp: option "url"/);
    expect(() => chooseChannels({ SENDGRID_API_KEY: 'key' })).toThrow(/sendgrid: option "apiKey"/);
  });
});
