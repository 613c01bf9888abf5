import type { Reply } from '@parse-factors/client';
import { useState } from 'react';
import { ADDRESS_FIELDS, toAddress, type AddressKind } from '../address.js';
import { CodeForm } from '../parts/code-form.js';
import { Field } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { client, type Login } from '../parse-app.js';
import { sendCode } from '../send-code.js';
import { useAction } from '../use-action.js';

/** No password: a code goes to an address, which signs in, or up. */
export function CodeSignIn({ kind, onResult }: { readonly kind: AddressKind; readonly onResult: (result: Login) => Promise<void> }) {
  const action = useAction();
  const [address, setAddress] = useState('');
  const [sent, setSent] = useState<Reply>();
  const key = kind === 'email' ? 'emailLogin' : 'phoneLogin';
  const start = (): Promise<Reply> => client.passwordless.start(key, toAddress(kind, address));
  const finish = (code: string): Promise<Login> => client.passwordless.finish(key, { ...toAddress(kind, address), code });
  if (sent !== undefined) {
    return (
      <CodeForm
        label={ADDRESS_FIELDS[kind].label}
        submit="Sign in"
        sent={sent}
        destination={address}
        onResend={start}
        onAnswer={async (code) => onResult(await finish(code))}
        onCancel={() => setSent(undefined)}
      />
    );
  }
  return (
    <Form
      action={action}
      label={ADDRESS_FIELDS[kind].label}
      submit="Send a code"
      onSubmit={async () => setSent(await sendCode(start))}
    >
      <Field
        {...ADDRESS_FIELDS[kind]}
        hint="Nobody has to sign up first: whoever proves an address for the first time gets an account."
        value={address}
        onChange={setAddress}
      />
    </Form>
  );
}
