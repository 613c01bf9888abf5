import type { NotificationType } from '../../factor/notification.js';

/** All texts of messages in one language. If the application has no name, `{app}` and the rest of its brackets are left out. */
export interface MessageTexts {
  /** The subject of a message with a code. */
  readonly subject: string;
  /** The sentence with the code and its purpose. */
  readonly code: string;
  /** The same, if the code is shown by itself below. */
  readonly lead: string;
  /** What a code is for: by purpose, and for an enrolment by what is added. A payment has `{amount}` and `{payee}`. */
  readonly purposes: Readonly<
    Record<'sign-in' | 'address' | 'number' | 'fresh-proof' | 'password-reset' | 'address-verification' | 'payment', string>
  >;
  /** How long the code is valid, by CLDR plural category. */
  readonly valid: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };
  /** The advice not to share the code. */
  readonly secret: string;
  /** The subject of a security notification. */
  readonly noticeSubject: string;
  readonly notices: Readonly<Record<NotificationType, string>>;
  /** What to do if it was not the user. */
  readonly advice: string;
}
