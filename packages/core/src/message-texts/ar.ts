import type { MessageTexts } from '../message-texts.js';

/** Arabic. */
export const ar: MessageTexts = {
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
};
