import type { MessageTexts } from './message-texts.js';

/** Chinese, simplified. */
export const zh: MessageTexts = {
  subject: '您的[ {app} ]验证码',
  code: '{code} 是您的[ {app} ]验证码，用于{purpose}。',
  lead: '您的[ {app} ]验证码，用于{purpose}：',
  purposes: {
    'sign-in': '登录',
    address: '添加此邮箱地址',
    number: '添加此手机号码',
    'fresh-proof': '确认是您本人',
    'password-reset': '重置密码',
    'address-verification': '验证联系方式',
    payment: '向 {payee} 支付 {amount}',
  },
  valid: { other: '有效期 {minutes} 分钟。' },
  secret: '请勿告诉任何人。',
  noticeSubject: '您的[ {app} ]账户',
  notices: {
    enrolled: '您的[ {app} ]账户添加了一种登录方式。',
    replaced: '您的[ {app} ]账户的一种登录方式已被更换。',
    removed: '您的[ {app} ]账户的一种登录方式已被移除。',
    recovery_used: '有人使用恢复代码登录了您的[ {app} ]账户。',
    recovery_proven: '有人使用恢复代码获准更改您的[ {app} ]账户的登录方式。',
    recovery_begun: '有人使用恢复代码申请更改您的[ {app} ]账户的登录方式。如需阻止，请使用您平时的第二验证方式登录。',
    help_issued:
      '管理员签发了一次性代码，可在没有第二验证方式的情况下登录您的[ {app} ]账户。如需阻止，请使用您平时的第二验证方式登录。',
    help_used: '有人使用管理员签发的一次性代码登录了您的[ {app} ]账户。',
    password_reset: '您的[ {app} ]账户的密码已通过验证码重置。',
    new_device: '有人从新设备登录了您的[ {app} ]账户。',
    account_taken_over: '您的[ {app} ]账户的电子邮箱地址首次通过验证。密码已重置，之前的所有登录方式均已移除。',
    address_changed: '您的[ {app} ]账户的电子邮箱地址或电话号码已更改。',
    locked: '您的[ {app} ]账户被输入了过多错误的验证码，暂时不再接受验证码。',
  },
  advice: '如果这不是您本人的操作，请更改密码并联系我们。',
};
