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
  },
  valid: { one: 'Er gilt eine Minute.', other: 'Er gilt {minutes} Minuten.' },
  secret: 'Geben Sie ihn nie weiter.',
  noticeSubject: 'Ihr Konto[ bei {app}]',
  notices: {
    enrolled: 'Ihrem Konto[ bei {app}] wurde eine Anmeldemethode hinzugefügt.',
    replaced: 'Eine Anmeldemethode Ihres Kontos[ bei {app}] wurde ersetzt.',
    removed: 'Eine Anmeldemethode Ihres Kontos[ bei {app}] wurde entfernt.',
    recovery_used: 'Für die Anmeldung an Ihrem Konto[ bei {app}] wurde ein Wiederherstellungscode benutzt.',
    recovery_proven: 'Mit Wiederherstellungscodes wurde freigegeben, die Anmeldemethoden Ihres Kontos[ bei {app}] zu ändern.',
    recovery_begun:
      'Mit Wiederherstellungscodes wurde beantragt, die Anmeldemethoden Ihres Kontos[ bei {app}] zu ändern. Melden Sie sich wie gewohnt mit zweitem Faktor an, um das zu stoppen.',
    locked: 'Für Ihr Konto[ bei {app}] wurden zu viele falsche Codes eingegeben. Es nimmt eine Weile keine an.',
  },
  advice: 'Wenn Sie das nicht waren, ändern Sie Ihr Passwort und melden Sie sich bei uns.',
};
