import type { RequestHeaders } from '../factor/context.js';

/** The request that causes a message. */
export interface MessageRequest {
  /** Its headers, by their names in lower case. */
  readonly headers: RequestHeaders;
  /** The client's IP address, as Parse Server saw it. */
  readonly ip: string | undefined;
  /** The installation id that the SDK sent. It is not authenticated. */
  readonly installationId: string | undefined;
}
