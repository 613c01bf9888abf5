import { packageConfig } from '../../tools/build/tsdown.ts';

export default packageConfig(
  'bird',
  'brevo',
  'mailgun',
  'parse-mail',
  'plivo',
  'postmark',
  'prelude',
  'resend',
  'ses',
  'sinch',
  'sns',
  'telegram',
  'twilio-verify',
  'twilio-voice',
  'vonage',
  'vonage-verify',
  'whatsapp',
);
