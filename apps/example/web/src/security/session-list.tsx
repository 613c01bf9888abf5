import type { OwnSession } from '@parse-factors/client';
import { useEffect, useState } from 'react';
import { ActionButton } from '../components/action-button.js';
import { FaultNote } from '../components/fault-note.js';
import { factorName } from '../factor-names.js';
import { client } from '../parse-app.js';
import { useAction } from '../use-action.js';

const methodName = (method: string): string => (method === 'password' ? 'Password' : factorName(method).name);

/** Says how a session was opened, such as "Password, Authenticator app". */
const openedBy = ({ methods }: OwnSession): string =>
  methods.length === 0 ? 'Unknown' : methods.map(({ method }) => methodName(method)).join(', ');

/**
 * Lists the sessions of the user, with a button to end each one.
 *
 * @param version change this value to load the sessions again
 */
export function SessionList({
  version,
  onChange,
}: {
  readonly version: unknown;
  readonly onChange: (done: string) => Promise<void>;
}) {
  const action = useAction();
  const [list, setList] = useState<readonly OwnSession[]>();
  useEffect(() => {
    let isOver = false;
    client.sessions.list().then(
      (found) => isOver || setList(found),
      () => undefined, // The page works without the list. The user's next action shows the error.
    );
    return () => {
      isOver = true;
    };
  }, [version]);
  if (list === undefined) return <p className="hint">…</p>;
  const end = async (id: string, device: string): Promise<void> => {
    await client.sessions.end(id);
    await onChange(`Signed out: ${device}.`);
  };
  const endOthers = async (): Promise<void> => {
    const ended = await client.sessions.endOthers();
    await onChange(ended === 1 ? 'Signed out of one other session.' : `Signed out of ${ended} other sessions.`);
  };
  return (
    <>
      <ul className="things">
        {list.map((session) => {
          const { id, isCurrent, createdAt, device = 'Unknown device', ip } = session;
          return (
            <li key={id}>
              <strong>
                {device}
                {isCurrent && ' (this session)'}
              </strong>
              <p className="hint">
                Signed in on <time dateTime={createdAt.toISOString()}>{createdAt.toLocaleString()}</time>
                {ip !== undefined && ` from ${ip}`}. {openedBy(session)}
              </p>
              {!isCurrent && (
                <div className="buttons">
                  <ActionButton action={action} kind="danger" work={() => end(id, device)} label={`Sign out: ${device}`}>
                    Sign out
                  </ActionButton>
                </div>
              )}
            </li>
          );
        })}
      </ul>
      {list.length > 1 && (
        <div className="buttons">
          <ActionButton action={action} kind="danger" work={endOthers}>
            Sign out everywhere else
          </ActionButton>
        </div>
      )}
      <FaultNote fault={action.fault} />
    </>
  );
}
