import type { ProviderReply } from './http.js';

/** Returns the code of Vonage's errors, such as `invalid_params`. Their type is a link that ends in it (RFC 9457). */
export const vonageProblem = ({ body: { type } }: ProviderReply): string | undefined =>
  /#([\w-]{1,30})$/.exec(String(type))?.[1]?.replaceAll('-', '_');
