export { acceptedLanguage, MESSAGE_LANGUAGES } from '../delivery/accept-language.js';
export {
  type Channel,
  type ChannelLike,
  channelOption,
  type Delivery,
  type MessageContent,
  MessageNotAccepted,
  type MessageText,
  type OutgoingMessage,
  toChannel,
} from '../delivery/channel.js';
