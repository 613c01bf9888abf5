import type { MessageTexts } from './message-texts.js';

/** Dutch. */
export const nl: MessageTexts = {
  subject: 'Je code[ voor {app}]',
  code: '{code} is je code[ voor {app}] {purpose}.',
  lead: 'Je code[ voor {app}] {purpose}:',
  purposes: {
    'sign-in': 'om in te loggen',
    address: 'om dit adres toe te voegen',
    number: 'om dit nummer toe te voegen',
    'fresh-proof': 'om te bevestigen dat jij het bent',
    'password-reset': 'om je wachtwoord opnieuw in te stellen',
    'address-verification': 'om je contactgegevens te bevestigen',
    payment: 'om {amount} aan {payee} te betalen',
  },
  valid: { one: 'Hij is een minuut geldig.', other: 'Hij is {minutes} minuten geldig.' },
  secret: 'Deel hem nooit.',
  noticeSubject: 'Je account[ bij {app}]',
  notices: {
    enrolled: 'Er is een inlogmethode toegevoegd aan je account[ bij {app}].',
    replaced: 'Een inlogmethode van je account[ bij {app}] is vervangen.',
    removed: 'Een inlogmethode van je account[ bij {app}] is verwijderd.',
    recovery_used: 'Er is een herstelcode gebruikt om in te loggen op je account[ bij {app}].',
    recovery_proven: 'Met herstelcodes is toestemming gegeven om de inlogmethoden van je account[ bij {app}] te wijzigen.',
    recovery_begun:
      'Met herstelcodes is gevraagd om de inlogmethoden van je account[ bij {app}] te wijzigen. Log in met je gewone tweede factor om dit te stoppen.',
    help_issued:
      'Een beheerder heeft een eenmalige code uitgegeven om zonder tweede factor in te loggen op je account[ bij {app}]. Log in met je gewone tweede factor om dit te stoppen.',
    help_used: 'Er is een eenmalige code van een beheerder gebruikt om in te loggen op je account[ bij {app}].',
    password_reset: 'Het wachtwoord van je account[ bij {app}] is met een code opnieuw ingesteld.',
    new_device: 'Iemand heeft zich vanaf een nieuw apparaat aangemeld bij je account[ bij {app}].',
    account_taken_over:
      'Het e-mailadres van je account[ bij {app}] is voor het eerst bevestigd. Het wachtwoord is opnieuw ingesteld en alle eerdere inlogmethoden zijn verwijderd.',
    address_changed: 'Een e-mailadres of telefoonnummer van je account[ bij {app}] is gewijzigd.',
    locked: 'Er zijn te veel verkeerde codes ingevoerd voor je account[ bij {app}]. Het accepteert een tijdje geen codes.',
  },
  advice: 'Was jij dit niet? Wijzig dan je wachtwoord en neem contact met ons op.',
};
