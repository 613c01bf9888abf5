import { useId, type InputHTMLAttributes, type ReactNode } from 'react';

/** The properties of {@link Field}. All others are passed on to the `input`. */
export interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value' | 'id'> {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A text field with a label above it, and a hint below it. */
export function Field({ label, hint, onChange, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        required
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        {...input}
        onChange={({ target }) => onChange(target.value)}
      />
      {hint !== undefined && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** A field for a code of six digits. The system can fill it in, and a pasted code may contain spaces or dashes. */
export function CodeField({ value, onChange }: Pick<FieldProps, 'value' | 'onChange'>) {
  return (
    <Field
      label="Code"
      className="code"
      name="code"
      autoFocus
      inputMode="numeric"
      autoComplete="one-time-code"
      pattern="\p{Nd}{6}"
      title="six digits"
      value={value}
      onChange={(text) => onChange(digitsOf(text))}
    />
  );
}

/** A field for the user's name for an authenticator. */
export function NameField({ value, onChange }: Pick<FieldProps, 'value' | 'onChange'>) {
  return (
    <Field
      label="Name"
      hint="The name helps you tell it from your others."
      name="authenticator-name"
      autoComplete="off"
      maxLength={64}
      value={value}
      onChange={onChange}
    />
  );
}

/** Keeps digits of every script. The server understands all of them. */
const digitsOf = (text: string): string => [...text.replaceAll(/\P{Nd}/gu, '')].slice(0, 6).join('');
