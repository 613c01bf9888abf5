import { useState } from 'react';
import { Link } from 'wouter';
import type { AddressKind } from '../address.js';
import { ActionButton } from '../components/action-button.js';
import { FaultNote } from '../components/fault-note.js';
import { Segments } from '../components/segments.js';
import { passkeys, type Login } from '../parse-app.js';
import { useAction } from '../use-action.js';
import { CodeSignIn } from './code-sign-in.js';
import { PasswordForm } from './password-form.js';
import { usePasskeyAutofill } from './use-passkey-autofill.js';

type Way = 'password' | AddressKind;
const WAYS: readonly (readonly [Way, string])[] = [
  ['password', 'Password'],
  ['email', 'Email'],
  ['phone', 'Phone'],
];

/** The properties of {@link FirstStep}. */
export interface FirstStepProps {
  /** @param username the user name, if the user signed in with a password */
  readonly onResult: (result: Login, username?: string) => Promise<void>;
}

/** The first step of a login: a password, a code to an address, or a passkey. */
export function FirstStep({ onResult }: FirstStepProps) {
  const [way, setWay] = useState<Way>('password');
  const action = useAction();
  usePasskeyAutofill(way === 'password' && !action.isBusy, (result) => void onResult(result).catch(() => undefined));
  return (
    <>
      <Segments label="How to sign in" choices={WAYS} chosen={way} onChoose={setWay} />
      {way === 'password' ? <PasswordForm onResult={onResult} /> : <CodeSignIn key={way} kind={way} onResult={onResult} />}
      <hr />
      <ActionButton action={action} work={async () => onResult(await passkeys.logIn())}>
        Sign in with a passkey
      </ActionButton>
      <FaultNote fault={action.fault} />
      <p>
        No account yet? <Link href="/sign-up">Sign up</Link>
      </p>
      <p>
        Forgot your password? <Link href="/forgot">Reset it</Link>
      </p>
      <p>
        Lost your only passkey? <Link href="/recover">Get back in</Link>
      </p>
    </>
  );
}
