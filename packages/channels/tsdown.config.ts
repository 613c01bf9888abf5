import { packageConfig } from '../../tools/build/tsdown.ts';

export default packageConfig(
  'brevo',
  'mailgun',
  'postmark',
  'resend',
);
