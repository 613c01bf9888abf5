import { packageConfig } from '../../tools/build/tsdown.ts';

export default packageConfig(
  'bird',
  'brevo',
  'mailgun',
  'parse-mail',
  'plivo',
  'postmark',
  'resend',
  'ses',
  'sinch',
  'sns',
  'telegram',
  'twilio-voice',
  'vonage',
  'whatsapp',
);
