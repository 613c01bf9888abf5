import { useState } from 'react';
import { Form } from '../components/form.js';
import { NewPasswordField } from '../components/new-password-field.js';
import { Parse } from '../parse-app.js';
import { useAction } from '../use-action.js';
import { UserNameField } from '../components/user-name-field.js';

/** Creates an account with a user name and a password. */
export function PasswordSignUp({ onDone }: { readonly onDone: () => Promise<void> }) {
  const action = useAction();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const signUp = async (): Promise<void> => {
    await Parse.User.signUp(username, password, {});
    await onDone();
  };
  return (
    <Form action={action} submit="Sign up" onSubmit={signUp}>
      <UserNameField maxLength={64} value={username} onChange={setUsername} />
      <NewPasswordField label="Password" value={password} onChange={setPassword} />
    </Form>
  );
}
