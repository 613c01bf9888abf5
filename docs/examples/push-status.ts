import type ParseSdk from 'parse/node';

/** The state of a request on a phone. */
export type PushStatus = 'pending' | 'approved' | 'denied';

const REQUEST = /^[0-9a-f]{32}$/;

/**
 * Defines the Cloud function that a waiting client calls. A call is not an attempt at the factor and opens no session. Only the
 * login does that, and it asks `hasApproved` again.
 */
export function definePushStatus(Parse: typeof ParseSdk, statusOf: (request: string) => Promise<PushStatus>): void {
  Parse.Cloud.define(
    'pushStatus',
    async ({ params }): Promise<PushStatus> => {
      const request: unknown = params['request'];
      return typeof request === 'string' && REQUEST.test(request) ? statusOf(request) : 'pending';
    },
    { rateLimit: { requestTimeWindow: 60_000, requestCount: 60 } },
  );
}

/** Asks every two seconds until the challenge expires. */
export async function waitForPhone(Parse: typeof ParseSdk, request: string): Promise<PushStatus> {
  for (let asks = 0; asks < 60; asks += 1) {
    const status = (await Parse.Cloud.run('pushStatus', { request })) as PushStatus;
    if (status !== 'pending') return status;
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
  return 'pending';
}
