import type { Reply } from '@parse-factors/client';
import { useEffect, useRef, useState } from 'react';
import { factorName } from '../factor-names.js';
import { ActionButton } from '../components/action-button.js';
import { FaultNote } from '../components/fault-note.js';
import { Row } from '../components/row.js';
import { EventList, type ShownEvent } from '../security/event-list.js';
import { useAction, type Action } from '../use-action.js';
import { useReturnFocus } from '../use-return-focus.js';
import type { HelpCode, OperatorApi, ShownUser } from './operator-api.js';

interface Seen {
  readonly factors: Readonly<Record<string, Reply>>;
  readonly events: readonly ShownEvent[];
}

/** Shows one user's factors and events, and what an operator can do about them. */
export function OperatorUser({
  api,
  user,
  onClose,
}: {
  readonly api: OperatorApi;
  readonly user: ShownUser;
  readonly onClose: () => void;
}) {
  const action = useAction();
  const [seen, setSeen] = useState<Seen>();
  const [done, setDone] = useState('');
  const [help, setHelp] = useState<HelpCode>();
  const { objectId: id } = user;
  const look = async (): Promise<void> => setSeen({ factors: await api.factors(id), events: await api.events(id) });
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    void action.run(look);
  }, [id]);
  const doing =
    (work: () => Promise<readonly string[]>, said: string): (() => Promise<void>) =>
    async () => {
      const touched = await work();
      setHelp(undefined);
      setDone(
        touched.length === 0
          ? 'There was nothing to change.'
          : `${said}: ${touched.map((key) => factorName(key).name).join(', ')}.`,
      );
      await look();
    };
  const issue = async (): Promise<void> => {
    setDone('');
    setHelp(await api.helpCode(id));
    await look();
  };
  return (
    <section aria-labelledby="user">
      <h2 id="user" ref={heading} tabIndex={-1}>
        <UserName user={user} />
      </h2>
      <p className="hint">{id}. A request for a reset can come from an attacker. First check who is asking.</p>
      {seen !== undefined && (
        <Factors factors={seen.factors} action={action} onReset={(key) => doing(() => api.reset(id, key), 'Removed')()} />
      )}
      <p role="status" className="done">
        {done}
        {help !== undefined && <HelpNote {...help} />}
      </p>
      <FaultNote fault={action.fault} />
      <div className="buttons">
        <Confirmed action={action} work={doing(() => api.reset(id), 'Removed')}>
          Reset all second factors
        </Confirmed>
        <ActionButton action={action} work={issue}>
          Issue a help code
        </ActionButton>
        <ActionButton action={action} work={doing(() => api.unlock(id), 'Unlocked')}>
          Unlock
        </ActionButton>
        <ActionButton action={action} work={doing(() => api.revokeDevices(id), 'Revoked')}>
          Revoke trusted devices
        </ActionButton>
        <button type="button" className="plain" onClick={onClose}>
          Back
        </button>
      </div>
      <h3>Events</h3>
      <EventList events={seen?.events ?? []} />
    </section>
  );
}

/** A help code, for the operator to read out. The page forgets it with the next action. */
const HelpNote = ({ code, expiresAt }: HelpCode) => (
  <>
    Help code: <code className="secret">{code}</code> It works once, until {new Date(expiresAt).toLocaleTimeString()}, together
    with the password. The page shows it only now.
  </>
);

function Factors({
  factors,
  action,
  onReset,
}: Pick<Seen, 'factors'> & { readonly action: Action; readonly onReset: (key: string) => Promise<void> }) {
  if (Object.keys(factors).length === 0) return <p>No factors.</p>;
  return (
    <ul className="rows">
      {Object.entries(factors).map(([key, { status, destination }]) => (
        <Row key={key} name={factorName(key).name} state={[status, destination].filter(Boolean).join(', ')} isOn>
          <Confirmed action={action} label={`Reset: ${factorName(key).name}`} work={() => onReset(key)}>
            Reset
          </Confirmed>
        </Row>
      ))}
    </ul>
  );
}

/** Shows a user name safely. Users can choose names that are blank, very long, or that change the direction of text. */
export const UserName = ({ user: { username, objectId } }: { readonly user: ShownUser }) => (
  <bdi className="name">{/[\p{L}\p{N}]/u.test(username) ? username : `${username} (${objectId})`}</bdi>
);

/** A button that asks for confirmation before it acts. */
function Confirmed({
  action,
  work,
  label,
  children,
}: {
  readonly action: Action;
  readonly work: () => Promise<unknown>;
  readonly label?: string;
  readonly children: string;
}) {
  const [isAsking, setAsking] = useState(false);
  const opener = useReturnFocus(isAsking);
  if (!isAsking) {
    return (
      <button
        ref={opener}
        type="button"
        className="danger own"
        aria-disabled={action.isBusy}
        aria-label={label}
        onClick={() => setAsking(true)}
      >
        {children}
      </button>
    );
  }
  return (
    <span className="buttons own" role="group" aria-label={`${label ?? children}: sure?`}>
      <ActionButton
        action={action}
        kind="danger"
        work={async () => {
          await work();
          setAsking(false);
        }}
      >
        Yes, {children.toLowerCase()}
      </ActionButton>
      <button type="button" autoFocus onClick={() => setAsking(false)}>
        No
      </button>
    </span>
  );
}
