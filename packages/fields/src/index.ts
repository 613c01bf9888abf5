export { caseless, digits, exact, isoDate, type FieldKind } from './field-kind.js';
export type { FieldOptions, FindOptions } from './field.js';
export { FieldsFactor, type FieldsOptions } from './fields-factor.js';
export type { FieldsEnrolment } from './fields-sign-in.js';
