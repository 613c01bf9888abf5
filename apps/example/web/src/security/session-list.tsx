import type { OwnSession } from '@parse-factors/client';
import { useEffect, useState } from 'react';
import { EndingList } from '../components/ending-list.js';
import { factorName } from '../factor-names.js';
import { client } from '../parse-app.js';

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
  const shown = list.map((session) => {
    const { id, isCurrent, createdAt, device = 'Unknown device', ip } = session;
    return {
      id,
      title: `${device}${isCurrent ? ' (this session)' : ''}`,
      hint: (
        <>
          Signed in on <time dateTime={createdAt.toISOString()}>{createdAt.toLocaleString()}</time>
          {ip !== undefined && ` from ${ip}`}. {openedBy(session)}
        </>
      ),
      name: isCurrent ? undefined : device,
      end: () => end(id, device),
    };
  });
  return <EndingList list={shown} verb="Sign out" all={{ text: 'Sign out everywhere else', work: endOthers }} />;
}
