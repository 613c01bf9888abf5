import type { MessageTexts } from './message-texts.js';

/** Japanese. */
export const ja: MessageTexts = {
  subject: '[{app}の]認証コード',
  code: '{code} は{purpose}ための[{app}の]コードです。',
  lead: '{purpose}ための[{app}の]コード：',
  purposes: {
    'sign-in': 'ログインする',
    address: 'このアドレスを追加する',
    number: 'この番号を追加する',
    'fresh-proof': 'ご本人であることを確認する',
    'password-reset': 'パスワードを再設定する',
    'address-verification': '連絡先を確認する',
    payment: '{payee}に{amount}を支払う',
  },
  valid: { other: '{minutes}分間有効です。' },
  secret: '誰にも教えないでください。',
  noticeSubject: '[{app}の]アカウントのお知らせ',
  notices: {
    enrolled: '[{app}の]アカウントにログイン方法が追加されました。',
    replaced: '[{app}の]アカウントのログイン方法が変更されました。',
    removed: '[{app}の]アカウントからログイン方法が削除されました。',
    recovery_used: '[{app}の]アカウントへのログインにリカバリーコードが使用されました。',
    recovery_proven: 'リカバリーコードにより、[{app}の]アカウントのログイン方法の変更が許可されました。',
    recovery_begun:
      'リカバリーコードにより、[{app}の]アカウントのログイン方法の変更が要求されました。中止するには、いつもの2段階認証でログインしてください。',
    help_issued:
      '2段階認証なしで[{app}の]アカウントにログインするためのワンタイムコードが管理者により発行されました。中止するには、いつもの2段階認証でログインしてください。',
    help_used: '[{app}の]アカウントへのログインに管理者のワンタイムコードが使用されました。',
    password_reset: '[{app}の]アカウントのパスワードがコードを使って再設定されました。',
    new_device: '[{app}の]アカウントに新しい端末からログインがありました。',
    account_taken_over:
      '[{app}の]アカウントのメールアドレスが初めて確認されました。パスワードが再設定され、以前のサインイン方法はすべて削除されました。',
    address_changed: '[{app}の]アカウントのメールアドレスまたは電話番号が変更されました。',
    locked: '[{app}の]アカウントで誤ったコードが何度も入力されました。しばらくの間、コードは受け付けられません。',
  },
  advice: '心当たりがない場合は、パスワードを変更し、お問い合わせください。',
};
