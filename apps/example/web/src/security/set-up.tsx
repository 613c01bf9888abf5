import { addressId, type SignInAddress } from '@parse-factors/client';
import { useState } from 'react';
import { AddressCode } from '../components/address-code.js';
import { CancelButton } from '../components/cancel-button.js';
import { Field, NameField } from '../components/field.js';
import { Form } from '../components/form.js';
import { factorName } from '../factor-names.js';
import { browserName } from '../trusted-token.js';
import { useAction } from '../use-action.js';
import { SetUpAuthenticator } from './set-up-authenticator.js';
import type { SetUpProps } from './set-up-props.js';

/** Sets up a factor, or replaces it. */
export function SetUp(props: SetUpProps) {
  if (props.factor === 'totp') return <SetUpAuthenticator {...props} />;
  if (props.factor === 'passkey') return <SetUpPasskey {...props} />;
  return <SetUpAddress {...props} />;
}

/** Sets up a phone number or an email address, which the user confirms with a code. */
function SetUpAddress({ factor, port, replaces, onDone, onCancel }: SetUpProps) {
  const [name, setName] = useState(factorName(factor).name);
  const isPrimary = factor.endsWith('Login');
  const replacing = replaces !== undefined && { replace: replaces };
  const confirm = async (address: SignInAddress, code: string, id = addressId(address)): Promise<void> => {
    // A primary factor expects the address as `id`, and a user has only one.
    await port.confirm(factor, isPrimary ? { id, code } : { ...address, code, name, ...replacing });
    onDone();
  };
  return (
    <AddressCode
      kind={factor.startsWith('email') ? 'email' : 'phone'}
      submit="Confirm"
      autoFocus
      onSend={(address, by) => port.enrol(factor, { ...address, ...replacing, ...by })}
      onAnswer={confirm}
      naming={!isPrimary && <NameField value={name} onChange={setName} />}
      buttons={<CancelButton onCancel={onCancel} />}
    />
  );
}

function SetUpPasskey({ port, onDone, onCancel }: SetUpProps) {
  const action = useAction();
  const [name, setName] = useState(browserName());
  const register = async (): Promise<void> => {
    await port.register(name);
    onDone();
  };
  return (
    <Form action={action} submit="Create a passkey" onSubmit={register} buttons={<CancelButton onCancel={onCancel} />}>
      <Field
        label="Name"
        hint="The name helps you recognise this passkey later. Your device then asks for your fingerprint, your face or its PIN."
        name="passkey-name"
        autoFocus
        autoComplete="off"
        maxLength={64}
        value={name}
        onChange={setName}
      />
    </Form>
  );
}
