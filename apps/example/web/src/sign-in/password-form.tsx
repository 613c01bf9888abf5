import { useState } from 'react';
import { Field } from '../components/field.js';
import { Form } from '../components/form.js';
import { UserNameField } from '../components/user-name-field.js';
import { logInOnDevice } from '../trusted-token.js';
import type { Login } from '../parse-app.js';
import { useAction } from '../use-action.js';

/** Asks for a user name and a password. Browsers offer passkeys in the field for the name. */
export function PasswordForm({ onResult }: { readonly onResult: (result: Login, username: string) => Promise<void> }) {
  const action = useAction();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Form action={action} submit="Sign in" onSubmit={async () => onResult(await logInOnDevice(username, password), username)}>
      <UserNameField autoComplete="username webauthn" value={username} onChange={setUsername} />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
      />
    </Form>
  );
}
