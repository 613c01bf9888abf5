/**
 * Options of a server that sends mails of its own.
 *
 * @param links receives the links for new passwords; other mails go nowhere
 */
export const mailServer = (links: string[] = []): Readonly<Record<string, unknown>> => ({
  appName: 'Acme',
  publicServerURL: 'http://127.0.0.1/parse',
  emailAdapter: {
    sendMail: async (): Promise<void> => undefined,
    sendPasswordResetEmail: async ({ link }: { readonly link: string }): Promise<void> => void links.push(link),
    sendVerificationEmail: async (): Promise<void> => undefined,
  },
});
