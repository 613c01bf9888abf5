/** The part of Parse Server's option `emailAdapter` that sends any mail. */
export interface MailAdapter {
  /** Sends one mail. It resolves when the adapter has handed the mail over. */
  sendMail(mail: Readonly<Record<string, string>>): unknown;
}

/**
 * Returns the adapter of the running Parse Server's option `emailAdapter`; undefined while no server is up, or if it has
 * none.
 *
 * Of several servers in one process, only the last one that was started is found.
 */
export function serverMailAdapter(): MailAdapter | undefined {
  interface Global {
    readonly Parse?: { readonly Server?: { readonly userController?: { readonly adapter?: Partial<MailAdapter> } } };
  }
  const adapter = (globalThis as unknown as Global).Parse?.Server?.userController?.adapter;
  return typeof adapter?.sendMail === 'function' ? (adapter as MailAdapter) : undefined;
}
