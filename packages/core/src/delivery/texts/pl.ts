import type { MessageTexts } from './message-texts.js';

/** Polish. */
export const pl: MessageTexts = {
  subject: 'Twój kod[ {app}]',
  code: '{code} to Twój kod[ {app}] {purpose}.',
  lead: 'Twój kod[ {app}] {purpose}:',
  purposes: {
    'sign-in': 'do zalogowania się',
    address: 'do dodania tego adresu',
    number: 'do dodania tego numeru',
    'fresh-proof': 'do potwierdzenia, że to Ty',
    'password-reset': 'do zresetowania hasła',
    'address-verification': 'do potwierdzenia danych kontaktowych',
    payment: 'do zapłaty {amount} na rzecz {payee}',
  },
  valid: {
    one: 'Jest ważny minutę.',
    few: 'Jest ważny {minutes} minuty.',
    many: 'Jest ważny {minutes} minut.',
    other: 'Jest ważny {minutes} minuty.',
  },
  secret: 'Nikomu go nie podawaj.',
  noticeSubject: 'Twoje konto[ {app}]',
  notices: {
    enrolled: 'Do Twojego konta[ {app}] dodano sposób logowania.',
    replaced: 'Zmieniono sposób logowania do Twojego konta[ {app}].',
    removed: 'Usunięto sposób logowania z Twojego konta[ {app}].',
    recovery_used: 'Użyto kodu odzyskiwania, aby zalogować się do Twojego konta[ {app}].',
    recovery_proven: 'Za pomocą kodów odzyskiwania zezwolono na zmianę sposobów logowania do Twojego konta[ {app}].',
    recovery_begun:
      'Za pomocą kodów odzyskiwania poproszono o zmianę sposobów logowania do Twojego konta[ {app}]. Aby to zatrzymać, zaloguj się jak zwykle drugim składnikiem.',
    help_issued:
      'Administrator wydał jednorazowy kod, aby zalogować się do Twojego konta[ {app}] bez drugiego składnika. Aby to zatrzymać, zaloguj się jak zwykle drugim składnikiem.',
    help_used: 'Użyto jednorazowego kodu od administratora, aby zalogować się do Twojego konta[ {app}].',
    password_reset: 'Hasło do Twojego konta[ {app}] zostało zresetowane za pomocą kodu.',
    new_device: 'Ktoś zalogował się do Twojego konta[ {app}] z nowego urządzenia.',
    account_taken_over:
      'Adres e-mail Twojego konta[ {app}] został po raz pierwszy potwierdzony. Hasło zostało zresetowane, a wszystkie wcześniejsze metody logowania usunięto.',
    address_changed: 'Zmieniono adres e-mail lub numer telefonu Twojego konta[ {app}].',
    locked: 'Podano zbyt wiele błędnych kodów do Twojego konta[ {app}]. Przez pewien czas nie będzie ono przyjmować kodów.',
  },
  advice: 'Jeśli to nie Ty, zmień hasło i skontaktuj się z nami.',
};
