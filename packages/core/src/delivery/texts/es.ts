import type { MessageTexts } from './message-texts.js';

/** Spanish. */
export const es: MessageTexts = {
  subject: 'Tu código[ de {app}]',
  code: '{code} es tu código[ de {app}] {purpose}.',
  lead: 'Tu código[ de {app}] {purpose}:',
  purposes: {
    'sign-in': 'para iniciar sesión',
    address: 'para añadir esta dirección',
    number: 'para añadir este número',
    'fresh-proof': 'para confirmar que eres tú',
    'password-reset': 'para restablecer tu contraseña',
    'address-verification': 'para verificar tus datos de contacto',
    payment: 'para pagar {amount} a {payee}',
  },
  valid: { one: 'Es válido durante un minuto.', other: 'Es válido durante {minutes} minutos.' },
  secret: 'No lo compartas nunca.',
  noticeSubject: 'Tu cuenta[ de {app}]',
  notices: {
    enrolled: 'Se ha añadido una forma de iniciar sesión a tu cuenta[ de {app}].',
    replaced: 'Se ha sustituido una forma de iniciar sesión en tu cuenta[ de {app}].',
    removed: 'Se ha eliminado una forma de iniciar sesión de tu cuenta[ de {app}].',
    recovery_used: 'Se ha usado un código de recuperación para iniciar sesión en tu cuenta[ de {app}].',
    recovery_proven:
      'Se han usado códigos de recuperación para permitir cambios en las formas de iniciar sesión en tu cuenta[ de {app}].',
    recovery_begun:
      'Se ha pedido con códigos de recuperación cambiar las formas de iniciar sesión en tu cuenta[ de {app}]. Para impedirlo, inicia sesión con tu segundo factor habitual.',
    help_issued:
      'Un administrador ha emitido un código de un solo uso para iniciar sesión en tu cuenta[ de {app}] sin sus segundos factores. Para impedirlo, inicia sesión con tu segundo factor habitual.',
    help_used: 'Se ha usado un código de un solo uso de un administrador para iniciar sesión en tu cuenta[ de {app}].',
    password_reset: 'Se ha restablecido con un código la contraseña de tu cuenta[ de {app}].',
    new_device: 'Alguien ha iniciado sesión en tu cuenta[ de {app}] desde un dispositivo nuevo.',
    account_taken_over:
      'La dirección de correo de tu cuenta[ de {app}] se ha verificado por primera vez. Se ha restablecido la contraseña y se han eliminado todas las formas anteriores de iniciar sesión.',
    address_changed: 'Se ha cambiado una dirección de correo o un número de teléfono de tu cuenta[ de {app}].',
    locked: 'Se han introducido demasiados códigos erróneos para tu cuenta[ de {app}]. Durante un tiempo no aceptará códigos.',
  },
  advice: 'Si no has sido tú, cambia tu contraseña y ponte en contacto con nosotros.',
};
