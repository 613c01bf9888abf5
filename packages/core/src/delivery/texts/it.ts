import type { MessageTexts } from './message-texts.js';

/** Italian. */
export const it: MessageTexts = {
  subject: 'Il tuo codice[ {app}]',
  code: '{code} è il tuo codice[ {app}] {purpose}.',
  lead: 'Il tuo codice[ {app}] {purpose}:',
  purposes: {
    'sign-in': 'per accedere',
    address: 'per aggiungere questo indirizzo',
    number: 'per aggiungere questo numero',
    'fresh-proof': 'per confermare che sei tu',
    'password-reset': 'per reimpostare la password',
    'address-verification': 'per verificare i tuoi recapiti',
    payment: 'per pagare {amount} a {payee}',
  },
  valid: { one: 'Vale un minuto.', other: 'Vale {minutes} minuti.' },
  secret: 'Non condividerlo mai.',
  noticeSubject: 'Il tuo account[ {app}]',
  notices: {
    enrolled: 'Un metodo di accesso è stato aggiunto al tuo account[ {app}].',
    replaced: 'Un metodo di accesso del tuo account[ {app}] è stato sostituito.',
    removed: 'Un metodo di accesso è stato rimosso dal tuo account[ {app}].',
    recovery_used: 'Un codice di recupero è stato usato per accedere al tuo account[ {app}].',
    recovery_proven: 'Sono stati usati codici di recupero per consentire modifiche ai metodi di accesso del tuo account[ {app}].',
    recovery_begun:
      'Con codici di recupero è stato chiesto di modificare i metodi di accesso del tuo account[ {app}]. Per impedirlo, accedi con il tuo secondo fattore abituale.',
    help_issued:
      'Un amministratore ha emesso un codice monouso per accedere al tuo account[ {app}] senza i secondi fattori. Per impedirlo, accedi con il tuo secondo fattore abituale.',
    help_used: 'Un codice monouso di un amministratore è stato usato per accedere al tuo account[ {app}].',
    password_reset: 'La password del tuo account[ {app}] è stata reimpostata con un codice.',
    new_device: 'Qualcuno ha effettuato l’accesso al tuo account[ {app}] da un nuovo dispositivo.',
    account_taken_over:
      'L’indirizzo email del tuo account[ {app}] è stato verificato per la prima volta. La password è stata reimpostata e tutti i precedenti metodi di accesso sono stati rimossi.',
    address_changed: 'Un indirizzo email o un numero di telefono del tuo account[ {app}] è stato modificato.',
    locked: 'Sono stati inseriti troppi codici errati per il tuo account[ {app}]. Per un po’ di tempo non accetterà codici.',
  },
  advice: 'Se non sei stato tu, cambia la password e contattaci.',
};
