export { acceptedLanguage, MESSAGE_LANGUAGES } from '../delivery/accept-language.js';
export {
  assertNoDetails,
  type Channel,
  type ChannelLike,
  channelOption,
  type ConfirmedDelivery,
  type Delivery,
  type MessageContent,
  MessageNotAccepted,
  type MessageText,
  type OutgoingMessage,
  RecipientUnreachable,
  toChannel,
} from '../delivery/channel.js';
export { TimeoutError, withTimeout } from '../time/timeout.js';
export { readReply } from '../validation/reply-text.js';
export { reachingAll, type Reaching } from '../delivery/reach.js';
export { oneWay } from '../delivery/ways.js';
export { escapeHtml } from '../validation/escape-html.js';
export {
  isVerifier,
  type VerificationAnswer,
  type VerificationCheck,
  type VerificationStart,
  type Verifier,
} from '../delivery/verifier.js';
export { type MailAdapter, serverMailAdapter } from '../parse/server/mail-adapter.js';
