import type { MessageContent, MessageText } from './channel.js';
import type { Purpose } from './factor.js';

const PURPOSE_TEXT: Readonly<Record<Purpose, (noun: string) => string>> = {
  'sign-in': () => 'to sign in',
  enrolment: (noun) => `to add this ${noun}`,
  'fresh-proof': () => 'to confirm it is you',
};

/**
 * The message when the application writes none: code, purpose and validity, and never a link.
 *
 * @param noun how the address is called, such as `number`
 */
export function defaultMessage({ code, purpose, validMinutes }: MessageContent, noun: string, appName?: string): MessageText {
  const name = appName === undefined ? '' : `${appName} `;
  const end = validMinutes === 1 ? 'a minute' : `${validMinutes} minutes`;
  return {
    subject: `Your ${name}code`,
    text: `${code} is your ${name}code ${PURPOSE_TEXT[purpose](noun)}. It is valid for ${end}. Never share it.`,
  };
}
