import { randomBytes } from 'node:crypto';
import type { Outbox, OutboxMessage } from '@parse-factors/core';
import type { Content } from './content.js';

/** Shows a mail as a mail program would: with its own styles, but without scripts, external files or links out of its frame. */
const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** Serves the messages of the outboxes. */
export class OutboxPages {
  readonly #outboxes: readonly Outbox[];
  /**
   * A random id for each message. Its position would change when an outbox drops old messages, and could name another
   * message after a restart of the server.
   */
  readonly #ids = new WeakMap<OutboxMessage, string>();

  constructor(outboxes: readonly Outbox[]) {
    this.#outboxes = outboxes;
  }

  /** `/outbox.json`: all messages, oldest first. */
  list(): Content {
    const messages = this.#messages().map((message) => {
      const { channel, to, subject, text, html, sentAt } = message;
      return { id: this.#idOf(message), channel, to, subject, text, isHtml: html !== undefined, sentAt };
    });
    return { type: 'application/json; charset=utf-8', body: JSON.stringify(messages) };
  }

  /** `/outbox/<id>`: the HTML of one mail. Undefined when there is no such mail. */
  mail(path: string): Content | undefined {
    const [, id] = /^\/outbox\/([0-9a-f]{16})$/.exec(path) ?? [];
    const html = id && this.#messages().find((message) => this.#idOf(message) === id)?.html;
    return html ? { type: 'text/html; charset=utf-8', body: html, policy: MAIL_POLICY } : undefined;
  }

  #messages(): OutboxMessage[] {
    return this.#outboxes.flatMap((box) => box.messages).toSorted((a, b) => a.sentAt.localeCompare(b.sentAt));
  }

  #idOf(message: OutboxMessage): string {
    const known = this.#ids.get(message);
    if (known !== undefined) return known;
    const id = randomBytes(8).toString('hex');
    this.#ids.set(message, id);
    return id;
  }
}
