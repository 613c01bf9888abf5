import type { SignInAddress } from '@parse-factors/client';

/** The kinds of addresses that can receive codes. */
export type AddressKind = 'email' | 'phone';

/** The properties of the input field for each kind. */
export const ADDRESS_FIELDS = {
  email: {
    label: 'Email address',
    name: 'email',
    type: 'email',
    autoComplete: 'email',
    placeholder: 'you@example.com',
  },
  phone: {
    label: 'Phone number',
    name: 'phone',
    type: 'tel',
    autoComplete: 'tel',
    placeholder: '+1 555 123 4567',
  },
} as const satisfies Readonly<Record<AddressKind, object>>;

/** Converts what the user typed into the form that the server expects. */
export const toAddress = (kind: AddressKind, text: string): SignInAddress =>
  kind === 'email' ? { email: text } : { phone: text };
