import { Field } from './field.js';

const SHORTEST_PASSWORD = 8;

/** A field for a password that the user chooses. */
export function NewPasswordField({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <Field
      label={label}
      hint={`At least ${SHORTEST_PASSWORD} characters.`}
      name="password"
      type="password"
      autoComplete="new-password"
      minLength={SHORTEST_PASSWORD}
      value={value}
      onChange={onChange}
    />
  );
}
