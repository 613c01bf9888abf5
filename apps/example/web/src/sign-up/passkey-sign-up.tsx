import { useState } from 'react';
import { Form } from '../components/form.js';
import { isNameTaken } from '../error-messages.js';
import { passkeys } from '../parse-app.js';
import { browserName } from '../trusted-token.js';
import { useAction } from '../use-action.js';
import { UserNameField } from '../components/user-name-field.js';

/** An account that was just created. */
export interface NewAccount {
  /** The user needs it, and a recovery code, to get back in after losing the passkey. */
  readonly username: string;
  readonly recoveryCodes: readonly string[];
}

/** The server finds out that a name is taken only when the device has already stored the passkey. */
const NAME_TAKEN =
  'This name is taken. Choose another one. Your device has already stored a passkey for this name: delete it, as it does not work.';

/** Creates an account with a passkey alone: no password, no email address and no phone number. */
export function PasskeySignUp({ onDone }: { readonly onDone: (account: NewAccount) => void }) {
  const action = useAction();
  const [username, setUsername] = useState('');
  const signUp = async (): Promise<void> => {
    try {
      const { recoveryCodes } = await passkeys.signUp({ username, name: browserName() });
      onDone({ username, recoveryCodes });
    } catch (fault) {
      throw isNameTaken(fault) ? new Error(NAME_TAKEN) : fault;
    }
  };
  return (
    <Form action={action} submit="Sign up with a passkey" onSubmit={signUp}>
      <UserNameField
        maxLength={64}
        hint="You need no password. Your device asks for your fingerprint, your face or its PIN."
        value={username}
        onChange={setUsername}
      />
    </Form>
  );
}
