import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** An SMTP server of this machine that keeps the mails it takes. */
export class SmtpStage {
  readonly mails: Email[] = [];
  /** Why it refuses every recipient; undefined for none. */
  refusal: string | undefined;
  readonly #server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      username === 'user@host' && password === 'p@ss' ? done(null, { user: username }) : done(new Error('bad password')),
    onRcptTo: (_address, _session, done) =>
      done(this.refusal === undefined ? null : Object.assign(new Error(this.refusal), { responseCode: 550 })),
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
          this.mails.push(mail);
          done();
        }, done);
      });
    },
  });

  /** Starts the server and returns its port. */
  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve()));
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** The code in the last mail. */
  get lastCode(): string {
    return /\d{6}/.exec(this.mails.at(-1)?.text ?? '')?.[0] ?? '';
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
