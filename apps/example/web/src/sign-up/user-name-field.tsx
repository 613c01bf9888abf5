import { Field, type FieldProps } from '../components/field.js';

/** A field for the user name of a new account. */
export function UserNameField({ hint, value, onChange }: Pick<FieldProps, 'hint' | 'value' | 'onChange'>) {
  return (
    <Field
      label="Name"
      hint={hint}
      name="username"
      autoComplete="username"
      autoCapitalize="none"
      spellCheck={false}
      maxLength={64}
      value={value}
      onChange={onChange}
    />
  );
}
