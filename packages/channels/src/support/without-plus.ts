/** Returns a number in E.164 without its plus sign, as some providers take it. Other senders, such as names, stay. */
export const withoutPlus = (number: string): string => number.replace(/^\+/, '');
