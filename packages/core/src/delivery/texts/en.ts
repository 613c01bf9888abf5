import type { MessageTexts } from './message-texts.js';

/** English. */
export const en: MessageTexts = {
  subject: 'Your[ {app}] code',
  code: '{code} is your[ {app}] code {purpose}.',
  lead: 'Your[ {app}] code {purpose}:',
  purposes: {
    'sign-in': 'to sign in',
    address: 'to add this address',
    number: 'to add this number',
    'fresh-proof': 'to confirm it is you',
    'password-reset': 'to reset your password',
    'address-verification': 'to verify your contact details',
    payment: 'to pay {amount} to {payee}',
  },
  valid: { one: 'It is valid for a minute.', other: 'It is valid for {minutes} minutes.' },
  secret: 'Never share it.',
  noticeSubject: 'Your[ {app}] account',
  notices: {
    enrolled: 'A way to sign in was added to your[ {app}] account.',
    replaced: 'A way to sign in to your[ {app}] account was replaced.',
    removed: 'A way to sign in was removed from your[ {app}] account.',
    recovery_used: 'A recovery code was used to sign in to your[ {app}] account.',
    recovery_proven: 'Recovery codes were used to allow changes to how you sign in to your[ {app}] account.',
    recovery_begun:
      'Recovery codes were used to ask for changes to how you sign in to your[ {app}] account. To stop this, sign in with your usual second factor.',
    help_issued:
      'An administrator issued a one-time code to sign in to your[ {app}] account without its second factors. To stop this, sign in with your usual second factor.',
    help_used: 'A one-time code from an administrator was used to sign in to your[ {app}] account.',
    password_reset: 'The password of your[ {app}] account was reset with a code.',
    new_device: 'Someone signed in to your[ {app}] account from a new device.',
    account_taken_over:
      'The email address of your[ {app}] account was verified for the first time. The password was reset, and all earlier ways to sign in were removed.',
    address_changed: 'An email address or phone number of your[ {app}] account was changed.',
    locked: 'Too many wrong codes were entered for your[ {app}] account. It does not accept codes for a while.',
  },
  advice: 'If this was not you, change your password and contact us.',
};
