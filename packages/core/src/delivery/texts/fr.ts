import type { MessageTexts } from './message-texts.js';

/** French. */
export const fr: MessageTexts = {
  subject: 'Votre code[ {app}]',
  code: '{code} est votre code[ {app}] {purpose}.',
  lead: 'Votre code[ {app}] {purpose} :',
  purposes: {
    'sign-in': 'pour vous connecter',
    address: 'pour ajouter cette adresse',
    number: 'pour ajouter ce numéro',
    'fresh-proof': "pour confirmer que c'est bien vous",
    'password-reset': 'pour réinitialiser votre mot de passe',
    'address-verification': 'pour vérifier vos coordonnées',
    payment: 'pour payer {amount} à {payee}',
  },
  valid: { one: 'Il est valable {minutes} minute.', other: 'Il est valable {minutes} minutes.' },
  secret: 'Ne le communiquez jamais.',
  noticeSubject: 'Votre compte[ {app}]',
  notices: {
    enrolled: 'Un moyen de connexion a été ajouté à votre compte[ {app}].',
    replaced: 'Un moyen de connexion de votre compte[ {app}] a été remplacé.',
    removed: 'Un moyen de connexion de votre compte[ {app}] a été supprimé.',
    recovery_used: 'Un code de récupération a été utilisé pour se connecter à votre compte[ {app}].',
    recovery_proven:
      'Des codes de récupération ont été utilisés pour autoriser la modification des moyens de connexion de votre compte[ {app}].',
    recovery_begun:
      'La modification des moyens de connexion de votre compte[ {app}] a été demandée avec des codes de récupération. Pour l’arrêter, connectez-vous avec votre second facteur habituel.',
    help_issued:
      'Un administrateur a émis un code à usage unique pour se connecter à votre compte[ {app}] sans ses seconds facteurs. Pour l’arrêter, connectez-vous avec votre second facteur habituel.',
    help_used: 'Un code à usage unique émis par un administrateur a été utilisé pour se connecter à votre compte[ {app}].',
    password_reset: 'Le mot de passe de votre compte[ {app}] a été réinitialisé à l’aide d’un code.',
    new_device: 'Quelqu’un s’est connecté à votre compte[ {app}] depuis un nouvel appareil.',
    account_taken_over:
      'L’adresse e-mail de votre compte[ {app}] a été vérifiée pour la première fois. Le mot de passe a été réinitialisé et toutes les méthodes de connexion précédentes ont été supprimées.',
    address_changed: 'Une adresse e-mail ou un numéro de téléphone de votre compte[ {app}] a été modifié.',
    locked:
      'Trop de codes erronés ont été saisis pour votre compte[ {app}]. Il n’accepte plus de codes pendant un certain temps.',
  },
  advice: 'Si ce n’était pas vous, changez votre mot de passe et contactez-nous.',
};
