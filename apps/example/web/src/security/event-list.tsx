import { useEffect, useState } from 'react';
import { factorName } from '../factor-names.js';
import { Parse } from '../parse-app.js';

/** Something that happened to a factor, as the server's event log has it. */
export interface ShownEvent {
  readonly id: string;
  readonly type: string;
  readonly factor: string;
  readonly at: number;
  readonly ip?: string;
  readonly reason?: string;
}

const TEXTS: Readonly<Record<string, string>> = {
  challenged: 'asked for',
  delivered: 'code sent',
  delivery_failed: 'code could not be sent',
  enrolled: 'set up',
  replaced: 'replaced',
  verified: 'right answer',
  rejected: 'refused',
  locked: 'locked after wrong answers',
  notified: 'you were told of a change',
  removed: 'removed',
  recovery_used: 'recovery code used',
  recovery_low: 'few recovery codes left',
  device_revoked: 'trust in a device ended',
  sessions_revoked: 'other sessions ended',
  listed: 'looked at by an operator',
  reset: 'reset by an operator',
  moved: 'moved by an operator',
  unlocked: 'unlocked by an operator',
  misconfigured: 'the server is not set up as it should be',
  fault: 'out of order',
};

/** Events, latest first. */
export function EventList({ events }: { readonly events: readonly ShownEvent[] }) {
  if (events.length === 0) return <p className="hint">Nothing yet.</p>;
  return (
    <ol className="events">
      {events.map(({ id, type, factor, at, ip, reason }) => (
        <li key={id}>
          <span>
            {factorName(factor).name}: {TEXTS[type] ?? type}
            {reason !== undefined && ` (${reason.replaceAll('_', ' ')})`}
          </span>
          <span className="hint">
            <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleString()}</time>
            {ip !== undefined && `, from ${ip}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** @param version what makes them be asked for anew */
export function OwnEvents({ version }: { readonly version: unknown }) {
  const [events, setEvents] = useState<readonly ShownEvent[]>();
  useEffect(() => {
    let isOver = false;
    (Parse.Cloud.run('ownEvents') as Promise<ShownEvent[]>).then(
      (found) => isOver || setEvents(found),
      () => undefined, // The page serves without them; whatever is done next tells what is wrong.
    );
    return () => {
      isOver = true;
    };
  }, [version]);
  return events === undefined ? <p className="hint">…</p> : <EventList events={events} />;
}
