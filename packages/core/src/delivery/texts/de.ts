import type { MessageTexts } from './message-texts.js';

/** German. */
export const de: MessageTexts = {
  subject: 'Ihr Code[ für {app}]',
  code: '{code} ist Ihr Code[ für {app}], {purpose}.',
  lead: 'Ihr Code[ für {app}], {purpose}:',
  purposes: {
    'sign-in': 'um sich anzumelden',
    address: 'um diese Adresse hinzuzufügen',
    number: 'um diese Nummer hinzuzufügen',
    'fresh-proof': 'um zu bestätigen, dass Sie es sind',
    'password-reset': 'um Ihr Passwort zurückzusetzen',
    'address-verification': 'um Ihre Kontaktdaten zu bestätigen',
    payment: 'um {amount} an {payee} zu zahlen',
  },
  valid: { one: 'Er gilt eine Minute.', other: 'Er gilt {minutes} Minuten.' },
  secret: 'Geben Sie ihn nie weiter.',
  noticeSubject: 'Ihr Konto[ bei {app}]',
  notices: {
    enrolled: 'Ihrem Konto[ bei {app}] wurde eine Anmeldemethode hinzugefügt.',
    replaced: 'Eine Anmeldemethode Ihres Kontos[ bei {app}] wurde ersetzt.',
    removed: 'Eine Anmeldemethode Ihres Kontos[ bei {app}] wurde entfernt.',
    recovery_used: 'Für die Anmeldung an Ihrem Konto[ bei {app}] wurde ein Wiederherstellungscode benutzt.',
    recovery_proven: 'Mit Wiederherstellungscodes wurde die Änderung der Anmeldemethoden Ihres Kontos[ bei {app}] freigegeben.',
    recovery_begun:
      'Mit Wiederherstellungscodes wurde die Änderung der Anmeldemethoden Ihres Kontos[ bei {app}] beantragt. Um das zu stoppen, melden Sie sich mit Ihrem gewohnten zweiten Faktor an.',
    help_issued:
      'Die Administration hat einen Einmalcode ausgestellt, um sich ohne zweite Faktoren an Ihrem Konto[ bei {app}] anzumelden. Um das zu stoppen, melden Sie sich mit Ihrem gewohnten zweiten Faktor an.',
    help_used: 'Für die Anmeldung an Ihrem Konto[ bei {app}] wurde ein Einmalcode der Administration benutzt.',
    password_reset: 'Das Passwort Ihres Kontos[ bei {app}] wurde mit einem Code zurückgesetzt.',
    new_device: 'Bei Ihrem Konto[ bei {app}] hat sich jemand von einem neuen Gerät angemeldet.',
    account_taken_over:
      'Die E-Mail-Adresse Ihres Kontos[ bei {app}] wurde zum ersten Mal bestätigt. Dabei wurde das Passwort zurückgesetzt, und alle früheren Anmeldemethoden wurden entfernt.',
    address_changed: 'Eine E-Mail-Adresse oder Telefonnummer Ihres Kontos[ bei {app}] wurde geändert.',
    locked: 'Für Ihr Konto[ bei {app}] wurden zu viele falsche Codes eingegeben. Es nimmt für einige Zeit keine Codes an.',
  },
  advice: 'Wenn Sie das nicht waren, ändern Sie Ihr Passwort und kontaktieren Sie uns.',
};
