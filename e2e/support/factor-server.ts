import { composeFactors, generateKey, type AnyFactor, type ParseCloud } from '@parse-factors/core';
import type { FactorServer, FakeClock } from '@parse-factors/testing';
import { inject } from 'vitest';
import { startParseServer } from '@parse-factors/test-server/parse-server';

/** Starts a Parse Server with these factors, for the suite of factors. */
export async function startFactorServer(
  factors: Readonly<Record<string, AnyFactor>>,
  clock: FakeClock,
  cloudCode?: (parse: unknown) => void,
): Promise<FactorServer> {
  const composed = composeFactors({ keys: generateKey('test'), clock, selfCheck: false, notices: false, factors });
  const cloud = (parse: ParseCloud): void => {
    composed.install(parse);
    cloudCode?.(parse);
  };
  const server = await startParseServer(inject('database'), { auth: composed.auth, cloud });
  return { url: server.url, appId: 'test', stop: () => server.stop() };
}
