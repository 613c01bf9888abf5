/** A request to the Parse Server of an example. */
export interface Call {
  readonly port: number;
  /** The path below `/parse`. */
  readonly path: string;
  readonly body: object;
  /** Default: `POST`. */
  readonly method?: 'POST' | 'PUT';
  /** The token of a session. Default: none. */
  readonly session?: string;
}

/** What it replied. */
export interface CallReply {
  readonly [name: string]: unknown;
}

/** Calls the Parse Server of an example, as an app does. */
export async function call({ port, path, body, method = 'POST', session }: Call): Promise<CallReply> {
  const response = await fetch(`http://localhost:${port}/parse${path}`, {
    method,
    headers: {
      'X-Parse-Application-Id': 'example',
      'Content-Type': 'application/json',
      ...(session !== undefined && { 'X-Parse-Session-Token': session }),
    },
    body: JSON.stringify(body),
  });
  return (await response.json()) as CallReply;
}
