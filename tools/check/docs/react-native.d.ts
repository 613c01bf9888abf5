/**
 * Declarations for `docs/clients/react-native.md`, so that the checks compile its code without React Native. They are the part of
 * react-native 0.86, react-native-passkey 3.6 and async-storage 2.2 that the page uses.
 */

declare module 'react-native' {
  import type { ComponentType } from 'react';

  export const TextInput: ComponentType<{
    readonly value?: string;
    readonly onChangeText?: (text: string) => void;
    readonly onSubmitEditing?: () => void;
    readonly textContentType?: 'oneTimeCode' | 'username' | 'password';
    readonly autoComplete?: 'sms-otp' | 'one-time-code' | 'username' | 'current-password';
    readonly keyboardType?: 'default' | 'number-pad';
    readonly autoFocus?: boolean;
  }>;
}

declare module 'react-native-passkey' {
  interface Credential {
    readonly id: string;
  }
  export interface PasskeyCreateRequest {
    readonly challenge: string;
    readonly rp: { readonly id: string; readonly name: string };
    readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  }
  export interface PasskeyGetRequest {
    readonly challenge: string;
    readonly rpId: string;
  }
  export const Passkey: {
    create(request: PasskeyCreateRequest): Promise<Credential>;
    get(request: PasskeyGetRequest): Promise<Credential & { readonly response: { readonly userHandle?: string } }>;
    isSupported(): boolean;
  };
}

declare module '@react-native-async-storage/async-storage' {
  const AsyncStorage: object;
  export default AsyncStorage;
}

declare module '@react-native/metro-config' {
  export function getDefaultConfig(root: string): object;
  export function mergeConfig(...configs: object[]): object;
}

declare module 'react-native-get-random-values';
declare module 'uuid' {
  export function v4(): string;
}
