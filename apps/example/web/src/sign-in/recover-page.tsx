import type { PasskeyRecovery } from '@parse-factors/client/passkey';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Form } from '../components/form.js';
import { Page } from '../components/page.js';
import { Status } from '../components/status.js';
import { UserNameField } from '../components/user-name-field.js';
import { passkeys } from '../parse-app.js';
import { useAction } from '../use-action.js';
import { RecoveryCodeField } from './recovery-form.js';

/** Gets a user back in who signed up with a passkey alone and has lost it: with two recovery codes and a wait between them. */
export function RecoverPage() {
  const [, navigate] = useLocation();
  const action = useAction();
  const [username, setUsername] = useState('');
  const [code, setCode] = useState('');
  const [state, setState] = useState<PasskeyRecovery>();
  const recover = async (): Promise<void> => {
    setState(await passkeys.recover(username, code));
    setCode('');
  };
  if (state?.status === 'recovered') {
    return (
      <Page title="You have a new passkey" lead="Your old passkeys no longer work, and you have been signed out on all devices.">
        <button type="button" className="primary" onClick={() => navigate('/')}>
          Sign in
        </button>
      </Page>
    );
  }
  return (
    <Page
      title="Lost your passkey?"
      lead="This is for accounts that have a passkey and no other way to sign in. You need your name and two recovery codes."
    >
      <Status className="sent" version={state}>
        {state === undefined
          ? 'Your first code begins a wait. After it, another code lets you create a new passkey.'
          : `Come back after ${state.availableAt.toLocaleString()} with another recovery code.`}
      </Status>
      <Form action={action} submit="Send the code" onSubmit={recover}>
        <UserNameField value={username} onChange={setUsername} />
        <RecoveryCodeField value={code} onChange={setCode} />
      </Form>
      <p>
        <Link href="/">Back to sign in</Link>
      </p>
    </Page>
  );
}
