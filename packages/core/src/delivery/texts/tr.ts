import type { MessageTexts } from './message-texts.js';

/** Turkish. */
export const tr: MessageTexts = {
  subject: '[{app} ]kodunuz',
  code: '{code}, {purpose}[ {app}] kodunuzdur.',
  lead: '[{app}: ]{purpose} kodunuz:',
  purposes: {
    'sign-in': 'oturum açma',
    address: 'bu adresi ekleme',
    number: 'bu numarayı ekleme',
    'fresh-proof': 'kimliğinizi doğrulama',
    'password-reset': 'parolanızı sıfırlama',
    'address-verification': 'iletişim bilgilerinizi doğrulama',
    payment: '{payee} alıcısına {amount} ödeme',
  },
  valid: { other: '{minutes} dakika geçerlidir.' },
  secret: 'Kimseyle paylaşmayın.',
  noticeSubject: '[{app} ]hesabınız',
  notices: {
    enrolled: '[{app} ]hesabınıza bir oturum açma yöntemi eklendi.',
    replaced: '[{app} ]hesabınızın bir oturum açma yöntemi değiştirildi.',
    removed: '[{app} ]hesabınızdan bir oturum açma yöntemi kaldırıldı.',
    recovery_used: '[{app} ]hesabınızda oturum açmak için bir kurtarma kodu kullanıldı.',
    recovery_proven: '[{app} ]hesabınızın oturum açma yöntemlerinin değiştirilmesine kurtarma kodlarıyla izin verildi.',
    recovery_begun:
      '[{app} ]hesabınızın oturum açma yöntemlerinin değiştirilmesi kurtarma kodlarıyla istendi. Bunu durdurmak için her zamanki ikinci faktörünüzle oturum açın.',
    help_issued:
      '[{app} ]hesabınızda ikinci faktör olmadan oturum açmak için bir yönetici tek kullanımlık bir kod verdi. Bunu durdurmak için her zamanki ikinci faktörünüzle oturum açın.',
    help_used: '[{app} ]hesabınızda oturum açmak için bir yöneticinin verdiği tek kullanımlık kod kullanıldı.',
    password_reset: '[{app} ]hesabınızın parolası bir kodla sıfırlandı.',
    new_device: '[{app} ]hesabınıza yeni bir cihazdan giriş yapıldı.',
    account_taken_over:
      '[{app} ]hesabınızın e-posta adresi ilk kez doğrulandı. Parola sıfırlandı ve önceki tüm oturum açma yöntemleri kaldırıldı.',
    address_changed: '[{app} ]hesabınızın bir e-posta adresi veya telefon numarası değiştirildi.',
    locked: '[{app} ]hesabınız için çok fazla hatalı kod girildi. Hesap bir süre kod kabul etmeyecek.',
  },
  advice: 'Bunu siz yapmadıysanız parolanızı değiştirin ve bizimle iletişime geçin.',
};
