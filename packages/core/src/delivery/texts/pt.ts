import type { MessageTexts } from './message-texts.js';

/** Portuguese. */
export const pt: MessageTexts = {
  subject: 'O seu código[ {app}]',
  code: '{code} é o seu código[ {app}] {purpose}.',
  lead: 'O seu código[ {app}] {purpose}:',
  purposes: {
    'sign-in': 'para iniciar sessão',
    address: 'para adicionar este endereço',
    number: 'para adicionar este número',
    'fresh-proof': 'para confirmar a sua identidade',
    'password-reset': 'para repor a palavra-passe',
    'address-verification': 'para verificar os seus dados de contacto',
    payment: 'para pagar {amount} a {payee}',
  },
  valid: { one: 'É válido por {minutes} minuto.', other: 'É válido por {minutes} minutos.' },
  secret: 'Nunca o partilhe.',
  noticeSubject: 'A sua conta[ {app}]',
  notices: {
    enrolled: 'Foi adicionada uma forma de iniciar sessão à sua conta[ {app}].',
    replaced: 'Foi substituída uma forma de iniciar sessão na sua conta[ {app}].',
    removed: 'Foi removida uma forma de iniciar sessão da sua conta[ {app}].',
    recovery_used: 'Foi usado um código de recuperação para iniciar sessão na sua conta[ {app}].',
    recovery_proven:
      'Foram usados códigos de recuperação para permitir alterações às formas de iniciar sessão na sua conta[ {app}].',
    recovery_begun:
      'Foi pedida, com códigos de recuperação, uma alteração às formas de iniciar sessão na sua conta[ {app}]. Para o impedir, inicie sessão com o seu segundo fator habitual.',
    help_issued:
      'Um administrador emitiu um código de utilização única para iniciar sessão na sua conta[ {app}] sem os segundos fatores. Para o impedir, inicie sessão com o seu segundo fator habitual.',
    help_used: 'Foi usado um código de utilização única de um administrador para iniciar sessão na sua conta[ {app}].',
    password_reset: 'A palavra-passe da sua conta[ {app}] foi reposta com um código.',
    new_device: 'Alguém iniciou sessão na sua conta[ {app}] a partir de um novo dispositivo.',
    account_taken_over:
      'O endereço de e-mail da sua conta[ {app}] foi verificado pela primeira vez. A palavra-passe foi reposta e todos os métodos de início de sessão anteriores foram removidos.',
    address_changed: 'Um endereço de e-mail ou um número de telefone da sua conta[ {app}] foi alterado.',
    locked: 'Foram introduzidos demasiados códigos errados para a sua conta[ {app}]. Durante algum tempo não aceitará códigos.',
  },
  advice: 'Se não reconhece esta ação, altere a sua palavra-passe e contacte-nos.',
};
