export { byCountry, type ChannelsByCountry } from './by-country.js';
export { countriesOption } from './countries.js';
export { SmsOtpFactor, type SmsOtpOptions } from './sms-otp-factor.js';
export { maskPhone, normalisePhone, regionOf, type Country, type PhonePolicy } from './phone-number.js';
