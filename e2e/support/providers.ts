/** Adapters of sign-in providers that are not ours, as an application gives them to Parse Server. */
interface Provider {
  validateAppId(): Promise<undefined>;
  validateAuthData(authData: { readonly secret?: string }): Promise<undefined>;
}

/** A provider that takes every id with the secret `right`, and refuses any other. */
export const BADGE: Provider = {
  validateAppId: async () => undefined,
  async validateAuthData({ secret }) {
    if (secret !== 'right') throw new Error('wrong badge');
    return undefined;
  },
};

/** The same, which says itself that it is a primary factor. */
export const DEFAULT_BADGE: Provider & { readonly policy: string } = { ...BADGE, policy: 'default' };

/** A provider that takes every id without a proof. */
export const OPEN_PROVIDER: Provider = { validateAppId: async () => undefined, validateAuthData: async () => undefined };
