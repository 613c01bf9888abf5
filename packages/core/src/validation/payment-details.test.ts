import { describe, expect, it } from 'vitest';
import { canonicalDetails, readPaymentDetails } from './payment-details.js';

const sound = { amount: '12.50 EUR', payee: 'ACME GmbH' };

describe('the details of a payment', () => {
  it.each([
    sound,
    { amount: '1', payee: 'A' },
    { amount: '€ 1’234,50', payee: "L'Épicerie & Fils S.à r.l." },
    { amount: 'Rs.500', payee: 'Acme Inc.' },
    { amount: 'CHF 20.-', payee: 'J.P. Morgan' },
    { amount: '١٢٫٥'.replace('٫', ','), payee: 'متجر' },
    { amount: '-3 kr', payee: '株式会社' },
    { amount: '12 EUR', payee: 'Shop 24/7 No. 12345' },
    { amount: `1 ${'x'.repeat(38)}`, payee: 'x'.repeat(64) },
  ])('can be %j', (details) => expect(readPaymentDetails(details)).toEqual(details));

  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['a list', []],
    ['no payee', { amount: '1 EUR' }],
    ['a further field', { ...sound, reference: 'x' }],
    ['a number', { ...sound, amount: 12.5 }],
    ['no amount', { ...sound, amount: 'EUR' }],
    ['an empty amount', { ...sound, amount: '' }],
    ['an amount that is too long', { ...sound, amount: '1'.repeat(41) }],
    ['an amount with markup', { ...sound, amount: '1 <EUR>' }],
    ['a payee that is too long', { ...sound, payee: 'x'.repeat(65) }],
    ['a payee of one megabyte', { ...sound, payee: 'x'.repeat(1e6) }],
    ['an empty payee', { ...sound, payee: ' ' }],
    ['spaces around', { ...sound, payee: ' ACME' }],
    ['two spaces', { ...sound, payee: 'ACME  GmbH' }],
    ['two lines', { ...sound, payee: 'ACME\nGmbH' }],
    ['a line separator', { ...sound, payee: 'ACME\u2028GmbH' }],
    ['a control character', { ...sound, payee: 'ACME\u0000' }],
    ['text that runs backwards', { ...sound, payee: '\u202EGmbH' }],
    ['an invisible character', { ...sound, payee: 'AC\u200BME' }],
    ['half a character', { ...sound, payee: 'A\uD800' }],
    ['a link', { ...sound, payee: 'https://evil.example' }],
    ['any scheme', { ...sound, payee: 'x://y' }],
    ['a link without a scheme', { ...sound, payee: 'WWW.1' }],
    ['a host name', { ...sound, payee: 'pay at acme.com' }],
    ['a host name of another script', { ...sound, payee: 'пример.рф' }],
    ['a full-width host name', { ...sound, payee: 'ａｃｍｅ．ｃｏｍ' }],
    ['a host name with an ideographic dot', { ...sound, payee: 'acme。com' }],
    ['an email address', { ...sound, payee: 'a@b' }],
    ['a phone number', { ...sound, payee: 'call +1 (900) 555-0100' }],
    ['a link in the amount', { ...sound, amount: '1 acme.com' }],
  ])('cannot be %s', (_what, details) => {
    expect(() => readPaymentDetails(details)).toThrow(/^invalid_input: (?!.*evil)/);
  });

  it.each([
    'Müller & Söhne GmbH',
    '株式会社テスト',
    '㈱テスト',
    'ジョンソン・エンド・ジョンソン',
    'شركة الاختبار',
    'חברת בדיקה בע"מ',
    'Ελληνική Εταιρεία Α.Ε.',
    'ООО «Ромашка»',
    'भारतीय परीक्षण प्रा. लि.',
    'บริษัท ทดสอบ จำกัด',
    '주식회사 테스트',
    'Công ty Thử nghiệm',
    'ཆོས་སྐུ',
    "O'Neill's",
    'O’Neill',
    'O´Neill',
    '3 Store',
    '7-Eleven',
    '1&1 Internet',
    'Studio 54',
    '24 Hour Fitness',
    'Café (Berlin), 2. Stock',
    'Bar: Central',
    'Yahoo!',
    'A+ Computer ®',
    'Levi’s™',
    '1€-Shop | ½ Price',
    'UBER *EATS',
    'Bus 123456',
  ])('can have the payee %s', (payee) => expect(readPaymentDetails({ ...sound, payee })).toEqual({ ...sound, payee }));

  it.each([
    '€ 1.234,56',
    '1 234,56 €',
    '1\u00A0234,56\u00A0€',
    '1\u202F234\u202F567,8 Kč',
    '¥1,200',
    '￥１,２００',
    '٣٤٫٥٠ ر.س',
    '١٬٢٣٤٬٥٦٧٫٥٠ ر.س.',
    '۱۲۳۴۵۶۷ ریال',
    '₹12,34,567.50',
    '₹1,23,456',
    "CHF 1'234'567.05",
    'CHF 1’234.-',
    'S/ 12.50',
    'Rp 1.234.567.890',
    '123456789 VND',
    '12500.5 EUR',
    '123456',
    '0.00012345 BTC',
    '0 EUR',
    '120万円',
    'KWD 1,234.567',
    '999.999.999.999.999 IDR',
  ])('can have the amount %s', (amount) => expect(readPaymentDetails({ ...sound, amount })).toEqual({ ...sound, amount }));

  it.each(['ar-EG', 'bn', 'de-CH', 'en-IN', 'fa', 'fr', 'he', 'hi', 'id', 'ja', 'my', 'pl', 'ru', 'sv', 'zh'])(
    'can have each amount as Intl.NumberFormat writes it in %s, without its invisible marks',
    (locale) => {
      for (const currency of ['BHD', 'EUR', 'IDR', 'INR', 'JPY', 'USD'])
        for (const price of [0.5, 999, 1_234_567.89, 1_234_567_890]) {
          const written = new Intl.NumberFormat(locale, { style: 'currency', currency }).format(price);
          const amount = written.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '').trim();
          expect(readPaymentDetails({ ...sound, amount }).amount).toBe(amount.normalize('NFC'));
        }
    },
  );

  /** Signs that do not show, each with its name in Unicode. */
  const BLANKS = Object.entries({
    'soft hyphen': '\u00AD',
    'combining grapheme joiner': '\u034F',
    'arabic letter mark': '\u061C',
    'hangul choseong filler': '\u115F',
    'hangul jungseong filler': '\u1160',
    'khmer vowel inherent aq': '\u17B4',
    'mongolian free variation selector': '\u180B',
    'zero width non-joiner': '\u200C',
    'right-to-left mark': '\u200F',
    'right-to-left isolate': '\u2067',
    'braille pattern blank': '\u2800',
    'hangul filler': '\u3164',
    'variation selector 16': '\uFE0F',
    'halfwidth hangul filler': '\uFFA0',
    'object replacement character': '\uFFFC',
    'egyptian hieroglyph full blank': '\u{13441}',
    'musical symbol null notehead': '\u{1D159}',
    'khitan small script filler': '\u{16FE4}',
    'tag digit one': '\u{E0031}',
    'variation selector 17': '\u{E0100}',
  });
  it.each(BLANKS)('hold no %s', (_name, blank) => {
    for (const payee of [blank, `AC${blank}ME`, `acme.${blank}com`, `ACME${blank}`])
      expect(() => readPaymentDetails({ ...sound, payee })).toThrow('"payee"');
    for (const amount of [`1${blank}0 EUR`, `10 EUR${blank}`])
      expect(() => readPaymentDetails({ ...sound, amount })).toThrow('"amount"');
  });

  /** Ways to write +1 900 555 0100, and others. */
  const PHONES = [
    '19005550100',
    '1 900 555 0100',
    '1-900-555-0100',
    '1.900.555.0100',
    '+1 (900) 555-0100',
    '+49 (0)900 555010',
    '1·900·555·0100',
    '1•900•555•0100',
    '1/900/555/0100',
    '1_900_555_0100',
    '1,900,555,0100',
    '1*900*555*0100',
    '1|900|555|0100',
    '1‐900–555—0100',
    '1・900・555・0100',
    '1ー900ー555ー0100',
    '1ｰ900ｰ555ｰ0100',
    '1々900〱555ˑ0100',
    '1\u0301900\u0301555\u03010100',
    '１９００５５５０１００',
    '1𝟗𝟘𝟢𝟱𝟻𝟻𝟶1𝟶0',
    '１-９００-５５５-０１００',
    '①⑨⓪⓪⑤⑤⑤⓪①⓪⓪',
    '¹⁹⁰⁰⁵⁵⁵⁰¹⁰⁰',
    '١٩٠٠٥٥٥٠١٠٠',
    '۱ ۹۰۰ ۵۵۵ ۰۱۰۰',
    '१९००५५५०१००',
    '༡༩༠༠༥༥༥༠༡༠༠',
    '0900 12345',
  ];
  const numbersIn = (text: string): string => text.replace(/^[^\p{N}]*/u, '');
  it.each(PHONES)('hold no phone number as %s', (phone) => {
    for (const payee of [phone, `call ${phone}`, `ACME ${phone} GmbH`])
      expect(() => readPaymentDetails({ ...sound, payee })).toThrow('"payee"');
    for (const amount of [phone, `${phone} EUR`, `1 EUR ${phone}`, `EUR${numbersIn(phone)}`])
      expect(() => readPaymentDetails({ ...sound, amount: amount.slice(0, 40) })).toThrow('"amount"');
  });

  it.each([
    '185.12.3.44',
    '8.8.8.8',
    '８．８．８．８',
    '8。8。8。8',
    '٨.٨.٨.٨',
    '⒏⒏⒏8',
    '103.201.140.220',
    'pay 10.0.0.1',
    '2001:db8::1',
    '::1',
    'tel:118',
    'sms:118',
    'ｔｅｌ：118',
    'x\u0301.com',
    'उदाहरण.भारत',
    'উদাহরণ.ভারত',
    'acme․com',
    'acme｡com',
    'ⓐⓒⓜⓔ.ⓒⓞⓜ',
    '𝐚𝐜𝐦𝐞.𝐜𝐨𝐦',
    't.co',
    'a＠b',
    'a﹫b',
    'acme.xn--p1ai',
  ])('hold no link as %s', (link) => {
    for (const payee of [link, `ACME ${link}`]) expect(() => readPaymentDetails({ ...sound, payee })).toThrow('"payee"');
    for (const amount of [link, `1 ${link}`, `${link} EUR`])
      expect(() => readPaymentDetails({ ...sound, amount })).toThrow('"amount"');
  });

  it.each(['☎ ACME', 'ACME 🍕', '1️⃣', '<b>', 'A=B', '-', '&', '\u1680', `a${'\u0301'.repeat(7)}`])('have no payee %s', (payee) =>
    expect(() => readPaymentDetails({ ...sound, payee })).toThrow('"payee"'),
  );

  it.each([
    ['a bare number of 7 digits', '1234567'],
    ['a bare grouped one', '806 555 010'],
    ['ten digits that are not grouped', '1234567890 EUR'],
    ['a zero before others', '0123 EUR'],
    ['two numbers', '12 EUR 50'],
    ['groups of other lengths', '12 34 56 EUR'],
    ['different separators of groups', '1.234 567 EUR'],
    ['the separator of groups before decimals', '190.055.501.00 EUR'],
    ['a plus', '+12 EUR'],
    ['brackets', '(12) EUR'],
    ['raised digits', '10² EUR'],
    ['digits in circles', '①② EUR'],
    ['a fraction', '1½ EUR'],
    ['a percentage', '5 % EUR'],
    ['four decimals', '900.5550 EUR'],
    ['seven decimals', '1900.5550100 EUR'],
  ])('have no amount with %s', (_what, amount) => expect(() => readPaymentDetails({ ...sound, amount })).toThrow('"amount"'));

  it('are the same in every form of Unicode', () => {
    const composed = readPaymentDetails({ ...sound, payee: 'Caf\u00E9' });
    expect(readPaymentDetails({ ...sound, payee: 'Cafe\u0301' })).toEqual(composed);
  });

  it('have one text only, which no other details have', () => {
    expect(canonicalDetails({ amount: '1", "2', payee: '3' })).not.toBe(canonicalDetails({ amount: '1', payee: '2", "3' }));
    expect(canonicalDetails(sound)).toBe('["12.50 EUR","ACME GmbH"]');
  });
});
