import { useState } from 'react';
import { Field } from '../components/field.js';
import { Form } from '../components/form.js';
import { useAction } from '../use-action.js';

/** Asks for one of the user's recovery codes. */
export function RecoveryForm({
  onAnswer,
  onCancel,
  submit = 'Sign in',
}: {
  readonly onAnswer: (code: string) => Promise<void>;
  readonly onCancel: () => void;
  /** The text of the button that sends the code. */
  readonly submit?: string;
}) {
  const action = useAction();
  const [code, setCode] = useState('');
  return (
    <Form
      action={action}
      submit={submit}
      onSubmit={() => onAnswer(code)}
      buttons={
        <button type="button" className="plain" onClick={onCancel}>
          Back
        </button>
      }
    >
      <Field
        label="Recovery code"
        hint="Four groups of four characters. Each code works once. Capital letters and dashes do not matter."
        name="recovery"
        autoFocus
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        maxLength={64}
        value={code}
        onChange={setCode}
      />
    </Form>
  );
}
