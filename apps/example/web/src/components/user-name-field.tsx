import { Field, type FieldProps } from './field.js';

/** A field for a user name. */
export function UserNameField(field: Pick<FieldProps, 'hint' | 'value' | 'onChange'> & Partial<FieldProps>) {
  return <Field label="Name" name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} {...field} />;
}
