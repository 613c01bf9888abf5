import { useEffect, useState } from 'react';
import { factorName } from '../factor-names.js';
import { Parse } from '../parse-app.js';

/** An event of the server's event log. */
export interface ShownEvent {
  readonly id: string;
  readonly type: string;
  readonly factor: string;
  /** Such as `sign-in`, `enrolment` or `fresh-proof`. */
  readonly purpose?: string;
  readonly at: number;
  readonly ip?: string;
  readonly reason?: string;
}

const TEXTS: Readonly<Record<string, string>> = {
  challenged: 'verification started',
  delivered: 'code sent',
  delivery_failed: 'code could not be sent',
  enrolled: 'set up',
  replaced: 'replaced',
  verified: 'verified',
  test_code_used: 'verified with a test code',
  rejected: 'refused',
  locked: 'locked after wrong answers',
  notified: 'security notice sent',
  removed: 'removed',
  password_reset: 'password reset',
  account_taken_over: 'account taken over',
  address_verified: 'address verified',
  address_changed: 'address changed',
  recovery_used: 'recovery code used',
  recovery_begun: 'wait begun by a recovery code',
  recovery_proven: 'used to change how you sign in',
  recovery_cancelled: 'wait ended by a login',
  recovery_low: 'few recovery codes left',
  device_revoked: 'trusted device revoked',
  new_device: 'signed in from a new device',
  sessions_revoked: 'other sessions ended',
  listed: 'viewed by an operator',
  reset: 'reset by an operator',
  moved: 'moved by an operator',
  unlocked: 'unlocked by an operator',
  help_issued: 'issued by an operator',
  help_used: 'used to sign in',
  misconfigured: 'the server is misconfigured',
  fault: 'failed because of a problem on the server',
};

/** A challenge with the purpose `enrolment` begins the setup of a factor. */
const textOf = (type: string, purpose: string | undefined): string =>
  type === 'challenged' && purpose === 'enrolment' ? 'setup started' : (TEXTS[type] ?? type);

/** Lists events. */
export function EventList({ events }: { readonly events: readonly ShownEvent[] }) {
  if (events.length === 0) return <p className="hint">No events yet.</p>;
  return (
    <ol className="events">
      {events.map(({ id, type, factor, purpose, at, ip, reason }) => (
        <li key={id}>
          <span>
            {factor !== '' && `${factorName(factor).name}: `}
            {textOf(type, purpose)}
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

/**
 * Lists the events of the user who is signed in.
 *
 * @param version change this value to load the events again
 */
export function OwnEvents({ version }: { readonly version: unknown }) {
  const [events, setEvents] = useState<readonly ShownEvent[]>();
  useEffect(() => {
    let isOver = false;
    (Parse.Cloud.run('ownEvents') as Promise<ShownEvent[]>).then(
      (found) => isOver || setEvents(found),
      () => undefined, // The page works without events. The user's next action shows the error.
    );
    return () => {
      isOver = true;
    };
  }, [version]);
  return events === undefined ? <p className="hint">…</p> : <EventList events={events} />;
}
