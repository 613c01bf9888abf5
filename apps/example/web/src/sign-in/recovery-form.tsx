import { useState } from 'react';
import { Field, type FieldProps } from '../components/field.js';
import { Form } from '../components/form.js';
import { useAction } from '../use-action.js';

const TEXTS = {
  recovery: {
    label: 'Recovery code',
    hint: 'Four groups of four characters. Each code works once. Capital letters and dashes do not matter.',
  },
  help: {
    label: 'Code from support',
    hint: 'Three groups of four characters. Capital letters and dashes do not matter.',
  },
} as const;

/** Asks for a code that the user has on paper, or from support. */
export function RecoveryForm({
  onAnswer,
  onCancel,
  factor = 'recovery',
  submit = 'Sign in',
}: {
  readonly onAnswer: (code: string) => Promise<void>;
  readonly onCancel: () => void;
  /** Whether it is one of the user's recovery codes, or a help code. */
  readonly factor?: 'recovery' | 'help';
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
      <RecoveryCodeField factor={factor} autoFocus value={code} onChange={setCode} />
    </Form>
  );
}

/** A field for such a code. */
export function RecoveryCodeField({
  factor = 'recovery',
  ...field
}: Pick<FieldProps, 'value' | 'onChange' | 'autoFocus'> & { readonly factor?: keyof typeof TEXTS }) {
  return (
    <Field
      {...TEXTS[factor]}
      name={factor}
      autoComplete="off"
      autoCapitalize="characters"
      spellCheck={false}
      maxLength={64}
      {...field}
    />
  );
}
