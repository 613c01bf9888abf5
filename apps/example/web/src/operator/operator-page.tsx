import { useState } from 'react';
import { EventList, type ShownEvent } from '../security/event-list.js';
import { ActionButton } from '../components/action-button.js';
import { Field } from '../components/field.js';
import { Form } from '../components/form.js';
import { Page } from '../components/page.js';
import { useAction } from '../use-action.js';
import { operatorApi, type OperatorApi, type ShownUser } from './operator-api.js';
import { OperatorUser, UserName } from './operator-user.js';

/** Shows an operator with the master key the factors and events of users. */
export function OperatorPage() {
  const action = useAction();
  const [key, setKey] = useState('');
  const [open, setOpen] = useState<{ readonly api: OperatorApi; readonly users: readonly ShownUser[] }>();
  const unlock = async (): Promise<void> => {
    const api = operatorApi(key);
    await api.assertKey();
    setOpen({ api, users: await api.users('') });
  };
  return (
    <Page title="Operator">
      {open === undefined ? (
        <Form action={action} submit="Open" onSubmit={unlock}>
          <Field
            label="Master key"
            hint="The server printed the key when it started. This page forgets the key when you leave."
            type="password"
            name="master-key"
            autoComplete="off"
            value={key}
            onChange={setKey}
          />
        </Form>
      ) : (
        <Users {...open} />
      )}
    </Page>
  );
}

function Users({ api, users }: { readonly api: OperatorApi; readonly users: readonly ShownUser[] }) {
  const action = useAction();
  const [name, setName] = useState('');
  const [found, setFound] = useState(users);
  const [chosen, setChosen] = useState<ShownUser>();
  const [last, setLast] = useState<string>();
  const [events, setEvents] = useState<readonly ShownEvent[]>();
  const choose = (user: ShownUser): void => {
    setLast(user.objectId);
    setChosen(user);
  };
  if (chosen !== undefined) return <OperatorUser api={api} user={chosen} onClose={() => setChosen(undefined)} />;
  return (
    <>
      <Form action={action} submit="Find" onSubmit={async () => setFound(await api.users(name))}>
        <Field label="Name begins with" name="find" autoComplete="off" required={false} value={name} onChange={setName} />
      </Form>
      <ul className="things" aria-label="Users">
        {found.map((user) => (
          <li key={user.objectId}>
            <button type="button" className="plain" autoFocus={user.objectId === last} onClick={() => choose(user)}>
              <UserName user={user} />
            </button>
            <span className="hint">signed up {new Date(user.createdAt).toLocaleString()}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p role="status">No users found.</p>}
      <section aria-labelledby="all-events">
        <h2 id="all-events">Recent events of all users</h2>
        {events !== undefined && <EventList events={events} />}
        <ActionButton action={action} work={async () => setEvents(await api.events())}>
          {events === undefined ? 'Show' : 'Refresh'}
        </ActionButton>
      </section>
    </>
  );
}
