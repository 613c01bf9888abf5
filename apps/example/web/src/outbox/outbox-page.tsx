import { useEffect, useState } from 'react';
import { Page } from '../components/page.js';
import { Status } from '../components/status.js';

/** A message that the example has stored instead of sending it. */
interface OutboxMessage {
  readonly id: string;
  readonly channel: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly isHtml: boolean;
  readonly sentAt: string;
}

const LOOK_EVERY_MS = 2000;
const SHOWN = 50;

async function fetchMessages(): Promise<readonly OutboxMessage[]> {
  const response = await fetch('/outbox.json');
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return ((await response.json()) as OutboxMessage[]).toReversed();
}

/** Shows every message as its recipient would see it. */
export function OutboxPage() {
  const [messages, setMessages] = useState<readonly OutboxMessage[]>();
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    const look = (): void => {
      if (document.hidden) return;
      fetchMessages().then(
        (found) => {
          setLost(false);
          // Without new messages the list stays the same, so that React does not load the frames again.
          setMessages((before) => (before?.[0]?.id === found[0]?.id && before?.length === found.length ? before : found));
        },
        () => setLost(true),
      );
    };
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <Page
      title="Outbox"
      lead="These are the messages that this server would have sent. Once you configure a real channel, its messages go out and do not appear here."
    >
      <Status className="done" version={`${isLost} ${messages?.[0]?.id}`}>
        {isLost ? 'The server cannot be reached.' : latestOf(messages)}
      </Status>
      <ol className="messages" aria-label="Messages, latest first">
        {messages?.slice(0, SHOWN).map((message) => (
          <li key={message.id}>{message.channel === 'email' ? <Mail message={message} /> : <TextMessage message={message} />}</li>
        ))}
      </ol>
    </Page>
  );
}

function latestOf(messages: readonly OutboxMessage[] | undefined): string {
  if (messages === undefined) return '';
  const [latest] = messages;
  return latest === undefined ? 'Nothing has been sent yet.' : `Latest message: ${latest.to}`;
}

const Time = ({ at }: { readonly at: string }) => <time dateTime={at}>{new Date(at).toLocaleTimeString()}</time>;

/** A text message, or what a call reads out. */
function TextMessage({ message: { channel, to, text, sentAt } }: { readonly message: OutboxMessage }) {
  const kind = channel === 'voice' ? 'Call' : 'Text message';
  return (
    <article aria-label={`${kind} to ${to}`}>
      <p className="hint">
        {kind} to {to}, <Time at={sentAt} />
      </p>
      <p className="bubble">{text}</p>
    </article>
  );
}

function Mail({ message: { id, to, subject, text, isHtml, sentAt } }: { readonly message: OutboxMessage }) {
  return (
    <article aria-label={`Email to ${to}`}>
      <p className="hint">
        Email to {to}, <Time at={sentAt} />
      </p>
      <div className="mail">
        <p className="subject">{subject}</p>
        {isHtml ? <iframe src={`/outbox/${id}`} title={`Email: ${subject}`} sandbox="" /> : <p className="plain-text">{text}</p>}
      </div>
    </article>
  );
}
