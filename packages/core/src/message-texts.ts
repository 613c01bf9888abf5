/** What a notice tells the user of. */
export type NoticeType = 'enrolled' | 'replaced' | 'removed' | 'recovery_used' | 'locked';

/**
 * Everything that messages say in one language. `{app}` with what stands in the same brackets is
 * left out where the application has no name.
 */
export interface MessageTexts {
  /** Subject of a message with a code. */
  readonly subject: string;
  /** The code and what it is for. */
  readonly code: string;
  /** The same where the code stands by itself below. */
  readonly lead: string;
  /** What a code is for, by purpose, and by what is added. */
  readonly purposes: Readonly<Record<'sign-in' | 'address' | 'number' | 'fresh-proof', string>>;
  /** How long it is valid, by CLDR plural category. */
  readonly valid: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };
  /** What not to do with it. */
  readonly secret: string;
  /** Subject of a notice. */
  readonly noticeSubject: string;
  readonly notices: Readonly<Record<NoticeType, string>>;
  /** What to do if it was somebody else. */
  readonly advice: string;
}

/** The built-in texts by language. */
export const MESSAGE_TEXTS: Readonly<Record<string, MessageTexts>> = {
  en: {
    subject: 'Your[ {app}] code',
    code: '{code} is your[ {app}] code {purpose}.',
    lead: 'Your[ {app}] code {purpose}:',
    purposes: {
      'sign-in': 'to sign in',
      address: 'to add this address',
      number: 'to add this number',
      'fresh-proof': 'to confirm it is you',
    },
    valid: { one: 'It is valid for a minute.', other: 'It is valid for {minutes} minutes.' },
    secret: 'Never share it.',
    noticeSubject: 'Your[ {app}] account',
    notices: {
      enrolled: 'A way to sign in was added to your[ {app}] account.',
      replaced: 'A way to sign in to your[ {app}] account was replaced.',
      removed: 'A way to sign in was removed from your[ {app}] account.',
      recovery_used: 'A recovery code was used to sign in to your[ {app}] account.',
      locked: 'Too many wrong codes were given for your[ {app}] account. It accepts none for a while.',
    },
    advice: 'If this was not you, change your password and contact us.',
  },
  de: {
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
      locked: 'Für Ihr Konto[ bei {app}] wurden zu viele falsche Codes eingegeben. Es nimmt eine Weile keine an.',
    },
    advice: 'Wenn Sie das nicht waren, ändern Sie Ihr Passwort und melden Sie sich bei uns.',
  },
  fr: {
    subject: 'Votre code[ {app}]',
    code: '{code} est votre code[ {app}] {purpose}.',
    lead: 'Votre code[ {app}] {purpose} :',
    purposes: {
      'sign-in': 'pour vous connecter',
      address: 'pour ajouter cette adresse',
      number: 'pour ajouter ce numéro',
      'fresh-proof': 'pour confirmer que c’est bien vous',
    },
    valid: { one: 'Il est valable {minutes} minute.', other: 'Il est valable {minutes} minutes.' },
    secret: 'Ne le communiquez jamais.',
    noticeSubject: 'Votre compte[ {app}]',
    notices: {
      enrolled: 'Un moyen de connexion a été ajouté à votre compte[ {app}].',
      replaced: 'Un moyen de connexion de votre compte[ {app}] a été remplacé.',
      removed: 'Un moyen de connexion de votre compte[ {app}] a été supprimé.',
      recovery_used: 'Un code de récupération a été utilisé pour se connecter à votre compte[ {app}].',
      locked: 'Trop de codes erronés ont été saisis pour votre compte[ {app}]. Il n’en accepte plus pendant un moment.',
    },
    advice: 'Si ce n’était pas vous, changez votre mot de passe et contactez-nous.',
  },
  es: {
    subject: 'Tu código[ de {app}]',
    code: '{code} es tu código[ de {app}] {purpose}.',
    lead: 'Tu código[ de {app}] {purpose}:',
    purposes: {
      'sign-in': 'para iniciar sesión',
      address: 'para añadir esta dirección',
      number: 'para añadir este número',
      'fresh-proof': 'para confirmar que eres tú',
    },
    valid: { one: 'Es válido durante un minuto.', other: 'Es válido durante {minutes} minutos.' },
    secret: 'No lo compartas nunca.',
    noticeSubject: 'Tu cuenta[ de {app}]',
    notices: {
      enrolled: 'Se ha añadido una forma de iniciar sesión a tu cuenta[ de {app}].',
      replaced: 'Se ha sustituido una forma de iniciar sesión en tu cuenta[ de {app}].',
      removed: 'Se ha eliminado una forma de iniciar sesión de tu cuenta[ de {app}].',
      recovery_used: 'Se ha usado un código de recuperación para iniciar sesión en tu cuenta[ de {app}].',
      locked: 'Se han introducido demasiados códigos erróneos para tu cuenta[ de {app}]. Durante un rato no aceptará ninguno.',
    },
    advice: 'Si no has sido tú, cambia tu contraseña y ponte en contacto con nosotros.',
  },
  it: {
    subject: 'Il tuo codice[ {app}]',
    code: '{code} è il tuo codice[ {app}] {purpose}.',
    lead: 'Il tuo codice[ {app}] {purpose}:',
    purposes: {
      'sign-in': 'per accedere',
      address: 'per aggiungere questo indirizzo',
      number: 'per aggiungere questo numero',
      'fresh-proof': 'per confermare che sei tu',
    },
    valid: { one: 'È valido per un minuto.', other: 'È valido per {minutes} minuti.' },
    secret: 'Non condividerlo mai.',
    noticeSubject: 'Il tuo account[ {app}]',
    notices: {
      enrolled: 'Un metodo di accesso è stato aggiunto al tuo account[ {app}].',
      replaced: 'Un metodo di accesso del tuo account[ {app}] è stato sostituito.',
      removed: 'Un metodo di accesso è stato rimosso dal tuo account[ {app}].',
      recovery_used: 'Un codice di recupero è stato usato per accedere al tuo account[ {app}].',
      locked: 'Sono stati inseriti troppi codici errati per il tuo account[ {app}]. Per un po’ non ne accetterà.',
    },
    advice: 'Se non sei stato tu, cambia la password e contattaci.',
  },
  pt: {
    subject: 'O seu código[ {app}]',
    code: '{code} é o seu código[ {app}] {purpose}.',
    lead: 'O seu código[ {app}] {purpose}:',
    purposes: {
      'sign-in': 'para iniciar sessão',
      address: 'para adicionar este endereço',
      number: 'para adicionar este número',
      'fresh-proof': 'para confirmar que é você',
    },
    valid: { one: 'É válido por {minutes} minuto.', other: 'É válido por {minutes} minutos.' },
    secret: 'Nunca o partilhe.',
    noticeSubject: 'A sua conta[ {app}]',
    notices: {
      enrolled: 'Foi adicionada uma forma de iniciar sessão à sua conta[ {app}].',
      replaced: 'Foi substituída uma forma de iniciar sessão na sua conta[ {app}].',
      removed: 'Foi removida uma forma de iniciar sessão da sua conta[ {app}].',
      recovery_used: 'Foi usado um código de recuperação para iniciar sessão na sua conta[ {app}].',
      locked: 'Foram introduzidos demasiados códigos errados para a sua conta[ {app}]. Durante algum tempo não aceitará nenhum.',
    },
    advice: 'Se não foi você, altere a sua palavra-passe e contacte-nos.',
  },
  nl: {
    subject: 'Je code[ voor {app}]',
    code: '{code} is je code[ voor {app}] {purpose}.',
    lead: 'Je code[ voor {app}] {purpose}:',
    purposes: {
      'sign-in': 'om in te loggen',
      address: 'om dit adres toe te voegen',
      number: 'om dit nummer toe te voegen',
      'fresh-proof': 'om te bevestigen dat jij het bent',
    },
    valid: { one: 'Hij is een minuut geldig.', other: 'Hij is {minutes} minuten geldig.' },
    secret: 'Deel hem nooit.',
    noticeSubject: 'Je account[ bij {app}]',
    notices: {
      enrolled: 'Er is een inlogmethode toegevoegd aan je account[ bij {app}].',
      replaced: 'Een inlogmethode van je account[ bij {app}] is vervangen.',
      removed: 'Een inlogmethode van je account[ bij {app}] is verwijderd.',
      recovery_used: 'Er is een herstelcode gebruikt om in te loggen op je account[ bij {app}].',
      locked: 'Er zijn te veel verkeerde codes ingevoerd voor je account[ bij {app}]. Het accepteert er een tijdje geen.',
    },
    advice: 'Was jij dit niet? Wijzig dan je wachtwoord en neem contact met ons op.',
  },
  sv: {
    subject: 'Din kod[ för {app}]',
    code: '{code} är din kod[ för {app}] {purpose}.',
    lead: 'Din kod[ för {app}] {purpose}:',
    purposes: {
      'sign-in': 'för att logga in',
      address: 'för att lägga till den här adressen',
      number: 'för att lägga till det här numret',
      'fresh-proof': 'för att bekräfta att det är du',
    },
    valid: { one: 'Den gäller i en minut.', other: 'Den gäller i {minutes} minuter.' },
    secret: 'Dela den aldrig.',
    noticeSubject: 'Ditt konto[ hos {app}]',
    notices: {
      enrolled: 'Ett sätt att logga in har lagts till på ditt konto[ hos {app}].',
      replaced: 'Ett sätt att logga in på ditt konto[ hos {app}] har ersatts.',
      removed: 'Ett sätt att logga in har tagits bort från ditt konto[ hos {app}].',
      recovery_used: 'En återställningskod har använts för att logga in på ditt konto[ hos {app}].',
      locked: 'För många felaktiga koder har angetts för ditt konto[ hos {app}]. Det tar inte emot några på ett tag.',
    },
    advice: 'Om det inte var du, byt lösenord och kontakta oss.',
  },
  pl: {
    subject: 'Twój kod[ {app}]',
    code: '{code} to Twój kod[ {app}] {purpose}.',
    lead: 'Twój kod[ {app}] {purpose}:',
    purposes: {
      'sign-in': 'do zalogowania się',
      address: 'do dodania tego adresu',
      number: 'do dodania tego numeru',
      'fresh-proof': 'do potwierdzenia, że to Ty',
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
      locked: 'Podano zbyt wiele błędnych kodów do Twojego konta[ {app}]. Przez pewien czas nie przyjmie ono żadnego.',
    },
    advice: 'Jeśli to nie Ty, zmień hasło i skontaktuj się z nami.',
  },
  tr: {
    subject: '[{app} ]kodunuz',
    code: '{code}, {purpose}[ {app}] kodunuzdur.',
    lead: '[{app}: ]{purpose} kodunuz:',
    purposes: {
      'sign-in': 'oturum açma',
      address: 'bu adresi ekleme',
      number: 'bu numarayı ekleme',
      'fresh-proof': 'kimliğinizi doğrulama',
    },
    valid: { other: '{minutes} dakika geçerlidir.' },
    secret: 'Kimseyle paylaşmayın.',
    noticeSubject: '[{app} ]hesabınız',
    notices: {
      enrolled: '[{app} ]hesabınıza bir oturum açma yöntemi eklendi.',
      replaced: '[{app} ]hesabınızın bir oturum açma yöntemi değiştirildi.',
      removed: '[{app} ]hesabınızdan bir oturum açma yöntemi kaldırıldı.',
      recovery_used: '[{app} ]hesabınızda oturum açmak için bir kurtarma kodu kullanıldı.',
      locked: '[{app} ]hesabınız için çok fazla hatalı kod girildi. Hesap bir süre kod kabul etmeyecek.',
    },
    advice: 'Bunu siz yapmadıysanız parolanızı değiştirin ve bizimle iletişime geçin.',
  },
  ru: {
    subject: 'Ваш код[ {app}]',
    code: '{code} — ваш код[ {app}] {purpose}.',
    lead: 'Ваш код[ {app}] {purpose}:',
    purposes: {
      'sign-in': 'для входа',
      address: 'для добавления этого адреса',
      number: 'для добавления этого номера',
      'fresh-proof': 'для подтверждения, что это вы',
    },
    valid: {
      one: 'Он действует {minutes} минуту.',
      few: 'Он действует {minutes} минуты.',
      many: 'Он действует {minutes} минут.',
      other: 'Он действует {minutes} минуты.',
    },
    secret: 'Никому его не сообщайте.',
    noticeSubject: 'Ваша учётная запись[ {app}]',
    notices: {
      enrolled: 'К вашей учётной записи[ {app}] добавлен способ входа.',
      replaced: 'Способ входа в вашу учётную запись[ {app}] заменён.',
      removed: 'Из вашей учётной записи[ {app}] удалён способ входа.',
      recovery_used: 'Для входа в вашу учётную запись[ {app}] использован код восстановления.',
      locked: 'Для вашей учётной записи[ {app}] введено слишком много неверных кодов. Некоторое время коды не принимаются.',
    },
    advice: 'Если это были не вы, смените пароль и свяжитесь с нами.',
  },
  uk: {
    subject: 'Ваш код[ {app}]',
    code: '{code} — ваш код[ {app}] {purpose}.',
    lead: 'Ваш код[ {app}] {purpose}:',
    purposes: {
      'sign-in': 'для входу',
      address: 'для додавання цієї адреси',
      number: 'для додавання цього номера',
      'fresh-proof': 'для підтвердження, що це ви',
    },
    valid: {
      one: 'Він дійсний {minutes} хвилину.',
      few: 'Він дійсний {minutes} хвилини.',
      many: 'Він дійсний {minutes} хвилин.',
      other: 'Він дійсний {minutes} хвилини.',
    },
    secret: 'Нікому його не повідомляйте.',
    noticeSubject: 'Ваш обліковий запис[ {app}]',
    notices: {
      enrolled: 'До вашого облікового запису[ {app}] додано спосіб входу.',
      replaced: 'Спосіб входу до вашого облікового запису[ {app}] замінено.',
      removed: 'З вашого облікового запису[ {app}] вилучено спосіб входу.',
      recovery_used: 'Для входу до вашого облікового запису[ {app}] використано код відновлення.',
      locked: 'Для вашого облікового запису[ {app}] введено забагато хибних кодів. Деякий час коди не приймаються.',
    },
    advice: 'Якщо це були не ви, змініть пароль і зв’яжіться з нами.',
  },
  ja: {
    subject: '[{app}の]認証コード',
    code: '{code} は{purpose}ための[{app}の]コードです。',
    lead: '{purpose}ための[{app}の]コード：',
    purposes: {
      'sign-in': 'ログインする',
      address: 'このアドレスを追加する',
      number: 'この番号を追加する',
      'fresh-proof': 'ご本人であることを確認する',
    },
    valid: { other: '{minutes}分間有効です。' },
    secret: '誰にも教えないでください。',
    noticeSubject: '[{app}の]アカウントのお知らせ',
    notices: {
      enrolled: '[{app}の]アカウントにログイン方法が追加されました。',
      replaced: '[{app}の]アカウントのログイン方法が変更されました。',
      removed: '[{app}の]アカウントからログイン方法が削除されました。',
      recovery_used: '[{app}の]アカウントへのログインにリカバリーコードが使用されました。',
      locked: '[{app}の]アカウントで誤ったコードが何度も入力されました。しばらくの間、コードは受け付けられません。',
    },
    advice: '心当たりがない場合は、パスワードを変更し、お問い合わせください。',
  },
  zh: {
    subject: '您的[ {app} ]验证码',
    code: '{code} 是您的[ {app} ]验证码，用于{purpose}。',
    lead: '您的[ {app} ]验证码，用于{purpose}：',
    purposes: {
      'sign-in': '登录',
      address: '添加此邮箱地址',
      number: '添加此手机号码',
      'fresh-proof': '确认是您本人',
    },
    valid: { other: '有效期 {minutes} 分钟。' },
    secret: '请勿告诉任何人。',
    noticeSubject: '您的[ {app} ]账户',
    notices: {
      enrolled: '您的[ {app} ]账户添加了一种登录方式。',
      replaced: '您的[ {app} ]账户的一种登录方式已被更换。',
      removed: '您的[ {app} ]账户的一种登录方式已被移除。',
      recovery_used: '有人使用恢复代码登录了您的[ {app} ]账户。',
      locked: '您的[ {app} ]账户被输入了过多错误的验证码，暂时不再接受验证码。',
    },
    advice: '如果这不是您本人的操作，请更改密码并联系我们。',
  },
  ar: {
    subject: 'رمزك[ في {app}]',
    code: '{code} هو رمزك[ في {app}] {purpose}.',
    lead: 'رمزك[ في {app}] {purpose}:',
    purposes: {
      'sign-in': 'لتسجيل الدخول',
      address: 'لإضافة هذا العنوان',
      number: 'لإضافة هذا الرقم',
      'fresh-proof': 'لتأكيد أنك أنت',
    },
    valid: {
      one: 'صالح لمدة دقيقة واحدة.',
      two: 'صالح لمدة دقيقتين.',
      few: 'صالح لمدة {minutes} دقائق.',
      other: 'صالح لمدة {minutes} دقيقة.',
    },
    secret: 'لا تشاركه مع أحد.',
    noticeSubject: 'حسابك[ في {app}]',
    notices: {
      enrolled: 'تمت إضافة طريقة تسجيل دخول إلى حسابك[ في {app}].',
      replaced: 'تم استبدال إحدى طرق تسجيل الدخول إلى حسابك[ في {app}].',
      removed: 'تمت إزالة إحدى طرق تسجيل الدخول من حسابك[ في {app}].',
      recovery_used: 'استُخدم رمز استرداد لتسجيل الدخول إلى حسابك[ في {app}].',
      locked: 'أُدخلت رموز خاطئة كثيرة لحسابك[ في {app}]. لن تُقبل أي رموز لبعض الوقت.',
    },
    advice: 'إذا لم تكن أنت من فعل ذلك، فغيّر كلمة مرورك وتواصل معنا.',
  },
};
