import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Field } from './components/field.js';
import { Form } from './components/form.js';
import { NewPasswordField } from './components/new-password-field.js';
import { Page } from './components/page.js';
import { Parse } from './parse-app.js';
import { useSession } from './session.js';
import { useAction } from './use-action.js';

/** Creates an account with a user name and a password. */
export function SignUpPage() {
  const { refresh } = useSession();
  const [, navigate] = useLocation();
  const action = useAction();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const signUp = async (): Promise<void> => {
    await Parse.User.signUp(username, password, {});
    await refresh();
    navigate('/security');
  };
  return (
    <Page title="Sign up">
      <Form action={action} submit="Sign up" onSubmit={signUp}>
        <Field
          label="Name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          value={username}
          onChange={setUsername}
        />
        <NewPasswordField label="Password" value={password} onChange={setPassword} />
      </Form>
      <p>
        Already have an account? <Link href="/">Sign in</Link>. You can also sign in with an email address or a phone number,
        without a password.
      </p>
    </Page>
  );
}
