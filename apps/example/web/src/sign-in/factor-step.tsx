import type { FactorsNeeded, Reply, SentBy } from '@parse-factors/client';
import { useEffect, useRef, useState } from 'react';
import { isDelivered, isWritten, onlyChoice } from '../factor-names.js';
import { CodeForm } from '../components/code-form.js';
import { choicesOf, FactorChoices, payloadOf, type FactorChoice } from '../components/factor-choices.js';
import { passkeys, type Login, type Parse } from '../parse-app.js';
import { sendCode } from '../send-code.js';
import { useAction } from '../use-action.js';
import { RecoveryForm } from './recovery-form.js';

/** The properties of {@link FactorStep}. */
export interface FactorStepProps {
  readonly login: FactorsNeeded<Parse.User>;
  /** Whether the user may choose to trust the device. Only a login with a password allows it. */
  readonly canTrust: boolean;
  /** Whether the user chose it at an earlier step. */
  readonly wasTrusted: boolean;
  readonly onResult: (result: Login, trust: boolean) => Promise<void>;
  readonly onCancel: () => void;
}

/** The second step of a login: the user verifies one of their factors. */
export function FactorStep({ login, canTrust, wasTrusted, onResult, onCancel }: FactorStepProps) {
  // The app has already sent the token of a trusted device. The user cannot choose it.
  const choices = login.needs
    .filter((key) => key !== 'device')
    .flatMap((key) => choicesOf(key, login.destinations[key], login.choices[key]));
  const [chosen, setChosen] = useState<FactorChoice>();
  const [sent, setSent] = useState<Reply>();
  const [trust, setTrust] = useState(wasTrusted);
  const action = useAction();
  const challenge = (choice: FactorChoice, by: SentBy = {}): Promise<Reply> => login.challenge(choice.key, payloadOf(choice, by));
  const choose = async (choice: FactorChoice): Promise<void> => {
    if (choice.key === 'passkey') return onResult(await passkeys.answer(login), trust);
    setSent(isDelivered(choice.key) ? await sendCode(() => challenge(choice), login.ways[choice.key]) : undefined);
    setChosen(choice);
  };
  useEffect(() => {
    const only = onlyChoice(choices);
    if (only !== undefined) void action.run(() => choose(only));
  }, [login]);

  if (chosen === undefined) {
    return <Choice login={login} choices={choices} action={action} onChoose={choose} onCancel={onCancel} />;
  }
  const { key } = chosen;
  const answer = async (code: string): Promise<void> => {
    const result = await login.answer(key, code);
    // The server asks for other factors when it has no help code for the user.
    if (key === 'help' && result.status === 'factors') throw new Error('This code does not work any more. Ask for a new one.');
    await onResult(result, trust && !isWritten(key));
  };
  const others = choices.length > 1 ? (): void => setChosen(undefined) : undefined;
  if (key === 'recovery' || key === 'help')
    return <RecoveryForm key={key} factor={key} onAnswer={answer} onCancel={others ?? onCancel} />;
  return (
    <CodeForm
      key={key}
      submit="Sign in"
      {...(sent !== undefined && { sent })}
      destination={chosen.destination}
      {...(isDelivered(key) && { onResend: (by: SentBy) => challenge(chosen, by) })}
      onAnswer={answer}
      onCancel={onCancel}
      onOther={others}
    >
      {key === 'totp' && <p>Open your authenticator app. Enter the code that it shows for this site.</p>}
      {canTrust && <TrustBox trust={trust} onChange={setTrust} />}
    </CodeForm>
  );
}

function TrustBox({ trust, onChange }: { readonly trust: boolean; readonly onChange: (trust: boolean) => void }) {
  return (
    <label className="check">
      <input type="checkbox" checked={trust} onChange={({ target }) => onChange(target.checked)} />
      Trust this device for 30 days
    </label>
  );
}

interface ChoiceProps extends Pick<FactorStepProps, 'login' | 'onCancel'> {
  readonly choices: readonly FactorChoice[];
  readonly action: ReturnType<typeof useAction>;
  readonly onChoose: (choice: FactorChoice) => Promise<void>;
}

function Choice({ login, choices, action, onChoose, onCancel }: ChoiceProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section aria-labelledby="choice">
      <h2 id="choice" ref={heading} tabIndex={-1}>
        {login.count > 1 ? `Verify ${login.count} of these` : "Verify it's you"}
      </h2>
      <FactorChoices choices={choices} action={action} onChoose={onChoose} />
      <button type="button" className="plain" onClick={onCancel}>
        Back
      </button>
    </section>
  );
}
