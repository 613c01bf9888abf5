import { FactorClientError, type Reply, type SentBy, type SignInAddress } from '@parse-factors/client';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ADDRESS_FIELDS, toAddress, type AddressKind } from '../address.js';
import { wordsOf } from '../code-ways.js';
import { CodeForm } from '../components/code-form.js';
import { ResendButtons, useCodeRequest } from '../components/code-request.js';
import { FactorChoices } from '../components/factor-choices.js';
import { CodeField, Field } from '../components/field.js';
import { Form } from '../components/form.js';
import { NewPasswordField } from '../components/new-password-field.js';
import { Page } from '../components/page.js';
import { Segments } from '../components/segments.js';
import { Status } from '../components/status.js';
import { isDelivered } from '../factor-names.js';
import { client, passkeys } from '../parse-app.js';
import { sendCode } from '../send-code.js';
import { useAction } from '../use-action.js';
import { RecoveryForm } from './recovery-form.js';

/** A code was sent to the address. */
interface Asked {
  readonly key: string;
  readonly address: SignInAddress;
  /** What the user typed. The server does not say whether an account has the address. */
  readonly typed: string;
  readonly reply: Reply;
}

/** The code and the new password, which need second factors as well. */
interface Typed extends Pick<Asked, 'key' | 'address'> {
  readonly code: string;
  readonly password: string;
  /** The keys of the second factors to choose from. */
  readonly missing: readonly string[];
}

/** Sets a new password with a code, and with the user's second factors. */
export function ResetPage() {
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<Asked>();
  const [typed, setTyped] = useState<Typed>();
  const [isDone, setDone] = useState(false);
  const finish = async (attempt: Omit<Typed, 'missing'>, answers = {}): Promise<void> => {
    const { key, address, code, password } = attempt;
    try {
      await client.passwordReset.finish(key, { ...address, code, password }, answers);
      setDone(true);
    } catch (fault) {
      const missing = fault instanceof FactorClientError && fault.slug === 'factor_required' ? fault.missing : [];
      if (missing.length === 0) throw fault;
      setTyped({ ...attempt, missing });
    }
  };
  if (isDone) {
    return (
      <Page title="Password changed" lead="You have been signed out on all devices.">
        <button type="button" className="primary" onClick={() => navigate('/')}>
          Sign in
        </button>
      </Page>
    );
  }
  if (typed !== undefined) {
    return (
      <Page title="One more step">
        <SecondFactor typed={typed} onAnswer={(answers) => finish(typed, answers)} onCancel={() => setTyped(undefined)} />
      </Page>
    );
  }
  return (
    <Page title="Reset your password">
      {asked === undefined ? (
        <AddressForm onSent={setAsked} />
      ) : (
        <NewPassword asked={asked} onSubmit={finish} onCancel={() => setAsked(undefined)} />
      )}
    </Page>
  );
}

const KINDS: readonly (readonly [AddressKind, string])[] = [
  ['email', 'Email'],
  ['phone', 'Phone'],
];

function AddressForm({ onSent }: { readonly onSent: (asked: Asked) => void }) {
  const action = useAction();
  const [kind, setKind] = useState<AddressKind>('email');
  const [text, setText] = useState('');
  const send = async (): Promise<void> => {
    const key = kind === 'email' ? 'emailLogin' : 'phoneLogin';
    const address = toAddress(kind, text);
    onSent({ key, address, typed: text, reply: await sendCode(() => client.passwordReset.start(key, address)) });
  };
  return (
    <>
      <Segments label="Where to send the code" choices={KINDS} chosen={kind} onChoose={setKind} />
      <Form action={action} submit="Send a code" onSubmit={send}>
        <Field
          key={kind}
          {...ADDRESS_FIELDS[kind]}
          hint="Enter the address or number that you sign in with."
          autoFocus
          value={text}
          onChange={setText}
        />
      </Form>
      <p>
        <Link href="/">Back to sign in</Link>
      </p>
    </>
  );
}

function NewPassword({
  asked: { key, address, typed, reply },
  onSubmit,
  onCancel,
}: {
  readonly asked: Asked;
  readonly onSubmit: (attempt: Omit<Typed, 'missing'>) => Promise<void>;
  readonly onCancel: () => void;
}) {
  const action = useAction();
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const resend = (by: SentBy): Promise<Reply> => client.passwordReset.start(key, { ...address, ...by });
  const request = useCodeRequest(reply, resend, () => setCode(''));
  const { last = reply, times } = request;
  return (
    <Form
      action={action}
      submit="Set the password"
      onSubmit={() => onSubmit({ key, address, code, password })}
      buttons={
        <>
          <ResendButtons request={request} action={action} />
          <button type="button" className="plain" onClick={onCancel}>
            Back
          </button>
        </>
      }
    >
      <Status version={times} className="sent">
        If an account signs in with <strong>{last.destination ?? typed}</strong>, {wordsOf(last).maybeSent}.
      </Status>
      <CodeField key={times} value={code} onChange={setCode} />
      <NewPasswordField label="New password" value={password} onChange={setPassword} />
    </Form>
  );
}

function SecondFactor({
  typed: { key, address, code, missing },
  onAnswer,
  onCancel,
}: {
  readonly typed: Typed;
  readonly onAnswer: (answers: Readonly<Record<string, string | Readonly<Record<string, string>>>>) => Promise<void>;
  readonly onCancel: () => void;
}) {
  const action = useAction();
  const [chosen, setChosen] = useState<string>();
  const [sent, setSent] = useState<Reply>();
  const challenge = (factor: string, by: SentBy = {}): Promise<Reply> =>
    client.passwordReset.challenge(key, { ...address, code }, { key: factor, ...by });
  const choose = async (factor: string): Promise<void> => {
    if (factor === 'passkey') {
      return passkeys.answer({ challenge, answer: (_key, answer) => onAnswer({ passkey: answer }) });
    }
    setSent(isDelivered(factor) ? await sendCode(() => challenge(factor)) : undefined);
    setChosen(factor);
  };
  const back = (): void => setChosen(undefined);
  if (chosen === 'recovery') {
    return <RecoveryForm submit="Set the password" onAnswer={(answer) => onAnswer({ recovery: answer })} onCancel={back} />;
  }
  if (chosen !== undefined) {
    return (
      <CodeForm
        key={chosen}
        submit="Set the password"
        {...(sent !== undefined && { sent })}
        {...(isDelivered(chosen) && { onResend: (by: SentBy) => challenge(chosen, by) })}
        onAnswer={(answer) => onAnswer({ [chosen]: answer })}
        onCancel={back}
      />
    );
  }
  return (
    <section aria-labelledby="choice">
      <h2 id="choice">Verify it's you</h2>
      <FactorChoices
        choices={[...missing, 'recovery'].map((factor) => ({ key: factor }))}
        action={action}
        onChoose={({ key: factor }) => choose(factor)}
      />
      <button type="button" className="plain" onClick={onCancel}>
        Back
      </button>
    </section>
  );
}
