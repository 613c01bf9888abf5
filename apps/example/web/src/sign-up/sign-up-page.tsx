import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Page } from '../components/page.js';
import { Segments } from '../components/segments.js';
import { useSession } from '../session.js';
import { NewRecoveryCodes } from './new-recovery-codes.js';
import { PasskeySignUp, type NewAccount } from './passkey-sign-up.js';
import { PasswordSignUp } from './password-sign-up.js';

type Way = 'password' | 'passkey';
const WAYS: readonly (readonly [Way, string])[] = [
  ['password', 'Password'],
  ['passkey', 'Passkey'],
];

/** Creates an account: with a user name and a password, or with a passkey alone. */
export function SignUpPage() {
  const { refresh } = useSession();
  const [, navigate] = useLocation();
  const [way, setWay] = useState<Way>('password');
  const [made, setMade] = useState<NewAccount>();
  const goOn = async (): Promise<void> => {
    await refresh();
    navigate('/security');
  };
  if (made !== undefined) return <NewRecoveryCodes account={made} onKept={goOn} />;
  return (
    <Page title="Sign up">
      <Segments label="How to sign up" choices={WAYS} chosen={way} onChoose={setWay} />
      {way === 'password' ? <PasswordSignUp onDone={goOn} /> : <PasskeySignUp onDone={setMade} />}
      <p>
        Already have an account? <Link href="/">Sign in</Link>. You can also sign in with an email address or a phone number,
        without a password.
      </p>
    </Page>
  );
}
