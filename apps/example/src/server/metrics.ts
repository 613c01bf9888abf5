import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ComposedFactors } from '@parse-factors/core';
import { prometheus, type PrometheusMetrics } from '@parse-factors/metrics/prometheus';
import type { Settings } from '../settings.js';

/** The keys of all factors in `factors.ts`, which the metrics tell apart. */
const FACTORS = ['otp', 'email', 'totp', 'passkey', 'emailLogin', 'phoneLogin', 'member', 'recovery', 'device', 'help'];
const COUNT_EVERY_MS = 10 * 60_000;

/** Makes the metrics, if `METRICS_TOKEN` is set. */
export const chooseMetrics = ({ metricsToken }: Settings): PrometheusMetrics | undefined =>
  metricsToken === undefined ? undefined : prometheus({ factors: FACTORS });

/** Counts the users of each factor now, and every ten minutes. Returns a function that stops it. */
export function countUsers(metrics: PrometheusMetrics | undefined, factors: ComposedFactors): () => void {
  if (metrics === undefined) return () => undefined;
  const count = (): void => void factors.countEnrolled().then(metrics.setEnrolled, () => undefined);
  count();
  const timer = setInterval(count, COUNT_EVERY_MS);
  return () => clearInterval(timer);
}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Middleware that serves `/metrics` to a Prometheus that sends the token, and passes every other request on. */
export function serveMetrics(metrics: PrometheusMetrics | undefined, { metricsToken = '' }: Settings): Middleware {
  const expected = Buffer.from(`Bearer ${metricsToken}`);
  return (request, response, next) => {
    if (metrics === undefined || request.url !== '/metrics' || request.method !== 'GET') return next();
    const sent = Buffer.from(request.headers.authorization ?? '');
    if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) {
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end();
      return;
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' }).end(text),
      () => response.writeHead(500).end(),
    );
  };
}
