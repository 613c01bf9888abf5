import type { SignInAddress } from '@parse-factors/client';

/** An address of a kind that codes are sent to. */
export type AddressKind = 'email' | 'phone';

/** How a field asks for an address. */
export const ADDRESS_FIELDS = {
  email: {
    label: 'E-mail address',
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

/** @returns what the server takes for that kind */
export const toAddress = (kind: AddressKind, text: string): SignInAddress => (kind === 'email' ? { email: text } : { phone: text });
