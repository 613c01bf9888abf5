import { ar } from './ar.js';
import { de } from './de.js';
import { en } from './en.js';
import { es } from './es.js';
import { fr } from './fr.js';
import { it } from './it.js';
import { ja } from './ja.js';
import { nl } from './nl.js';
import { pl } from './pl.js';
import { pt } from './pt.js';
import { ru } from './ru.js';
import { sv } from './sv.js';
import { tr } from './tr.js';
import { uk } from './uk.js';
import { zh } from './zh.js';

/** What a notice tells the user of. */
export type NoticeType = 'enrolled' | 'replaced' | 'removed' | 'recovery_used' | 'recovery_proven' | 'recovery_begun' | 'locked';

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
  readonly notices: Readonly<Record<NoticeType, string>>;
  /** What to do if it was somebody else. */
  readonly advice: string;
}

/** The built-in texts by language. */
export const MESSAGE_TEXTS: Readonly<Record<string, MessageTexts>> = {
  en,
  de,
  fr,
  es,
  it,
  pt,
  nl,
  sv,
  pl,
  tr,
  ru,
  uk,
  ja,
  zh,
  ar,
};
