import type { NotificationType } from '../../factor/notification.js';

/**
 * Everything that messages say in one language. `{app}` with what stands in the same brackets is
 * left out where the application has no name.
 */

export interface MessageTexts {
  /** Subject of a message with a code. */
  readonly subject: string;
  /** The code and what it is for. */
  readonly code: string;
  /** The same where the code stands by itself below. */
  readonly lead: string;
  /** What a code is for, by purpose, and by what is added. */
  readonly purposes: Readonly<Record<'sign-in' | 'address' | 'number' | 'fresh-proof', string>>;
  /** How long it is valid, by CLDR plural category. */
  readonly valid: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };
  /** What not to do with it. */
  readonly secret: string;
  /** Subject of a notice. */
  readonly noticeSubject: string;
  readonly notices: Readonly<Record<NotificationType, string>>;
  /** What to do if it was somebody else. */
  readonly advice: string;
}
