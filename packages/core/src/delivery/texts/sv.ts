import type { MessageTexts } from './message-texts.js';

/** Swedish. */
export const sv: MessageTexts = {
  subject: 'Din kod[ för {app}]',
  code: '{code} är din kod[ för {app}] {purpose}.',
  lead: 'Din kod[ för {app}] {purpose}:',
  purposes: {
    'sign-in': 'för att logga in',
    address: 'för att lägga till den här adressen',
    number: 'för att lägga till det här numret',
    'fresh-proof': 'för att bekräfta att det är du',
    'password-reset': 'för att återställa ditt lösenord',
    'address-verification': 'för att bekräfta dina kontaktuppgifter',
    payment: 'för att betala {amount} till {payee}',
  },
  valid: { one: 'Den gäller i en minut.', other: 'Den gäller i {minutes} minuter.' },
  secret: 'Dela den aldrig.',
  noticeSubject: 'Ditt konto[ hos {app}]',
  notices: {
    enrolled: 'Ett sätt att logga in har lagts till på ditt konto[ hos {app}].',
    replaced: 'Ett sätt att logga in på ditt konto[ hos {app}] har ersatts.',
    removed: 'Ett sätt att logga in har tagits bort från ditt konto[ hos {app}].',
    recovery_used: 'En återställningskod har använts för att logga in på ditt konto[ hos {app}].',
    recovery_proven: 'Återställningskoder har använts för att tillåta ändringar av hur du loggar in på ditt konto[ hos {app}].',
    recovery_begun:
      'Med återställningskoder har någon begärt att ändra hur du loggar in på ditt konto[ hos {app}]. Logga in med din vanliga andra faktor för att stoppa det.',
    help_issued:
      'En administratör har utfärdat en engångskod för att logga in på ditt konto[ hos {app}] utan andra faktor. Logga in med din vanliga andra faktor för att stoppa det.',
    help_used: 'En engångskod från en administratör har använts för att logga in på ditt konto[ hos {app}].',
    password_reset: 'Lösenordet för ditt konto[ hos {app}] har återställts med en kod.',
    new_device: 'Någon har loggat in på ditt konto[ hos {app}] från en ny enhet.',
    account_taken_over:
      'E-postadressen för ditt konto[ hos {app}] har bekräftats för första gången. Lösenordet har återställts och alla tidigare inloggningssätt har tagits bort.',
    address_changed: 'En e-postadress eller ett telefonnummer för ditt konto[ hos {app}] har ändrats.',
    locked: 'För många felaktiga koder har angetts för ditt konto[ hos {app}]. Det tar inte emot koder på ett tag.',
  },
  advice: 'Om det inte var du, byt lösenord och kontakta oss.',
};
