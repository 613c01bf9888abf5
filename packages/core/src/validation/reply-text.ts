/** A reply is longer than its reader takes. */
export class ReplyTooLong extends Error {
  override readonly name = 'ReplyTooLong';
  readonly code = 'reply_too_long';
}

/**
 * Reads the text of an HTTP reply. Ends the connection as soon as it is longer than that: a reply without an end must not exhaust
 * the memory (CWE-770).
 *
 * @param maxBytes how long it may be, in bytes, as it is after decompression
 * @throws ReplyTooLong, or the fault of the connection
 */
export async function readReply({ body }: Pick<Response, 'body'>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw new ReplyTooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
