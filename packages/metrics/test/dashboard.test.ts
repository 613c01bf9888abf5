import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../src/metric.js';
import { prometheus } from '../src/prometheus.js';
import { hasPromtool, promtool } from './promtool.js';

/** The files and the table of the documents that name metrics. */
const docs = (path: string): string => readFileSync(fileURLToPath(new URL(`../../../docs/${path}`, import.meta.url)), 'utf8');

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

/** The labels of each series that Prometheus has of a metric. */
const SERIES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.values(METRICS).flatMap((metric): (readonly [string, readonly string[]])[] => {
    const { kind, labels, prometheus: name } = metric;
    if (kind !== 'histogram') return [[name, labels]];
    return [
      [`${name}_bucket`, [...labels, 'le']],
      [`${name}_sum`, labels],
      [`${name}_count`, labels],
    ];
  }),
);

const dashboard = JSON.parse(docs('public/grafana.json')) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const));
const alerts = [...docs('public/alerts.yml').matchAll(/alert: (\w+)\n\s+expr: (?:>-\n)?([\s\S]*?)\n\s+labels:/g)].map(
  ([, name = '', expr = '']) => [name, expr] as const,
);
const seriesIn = (text: string): readonly string[] => [...new Set(text.match(/parse_factors_\w+/g) ?? [])];

describe.each([...queries, ...alerts])('%s', (_title, expr) => {
  it('asks for series that exist', () => {
    expect(seriesIn(expr).length).toBeGreaterThan(0);
    for (const name of seriesIn(expr)) expect([...SERIES.keys()]).toContain(name);
  });

  it('names labels that these series have', () => {
    const labels = seriesIn(expr).flatMap((name) => SERIES.get(name) ?? []);
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
    const matched = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) =>
      [...list.matchAll(/(\w+)(?:=~|!=|=)/g)].map(([, label]) => label),
    );
    for (const label of [...grouped, ...matched]) expect(labels).toContain(label);
  });
});

it('the dashboard shows every metric, and the documents list it with its labels', () => {
  const shown = seriesIn(JSON.stringify(dashboard));
  const page = docs('run/metrics.md');
  for (const metric of Object.values(METRICS)) {
    expect(shown.filter((name) => name.startsWith(metric.prometheus))).not.toEqual([]);
    const labels = metric.labels.map((label) => `\`${label}\``).join(', ');
    expect(page).toContain(`| \`${metric.prometheus}\` | ${labels} |`);
  }
});

it('every type of event with an alert begins at 0, because an alert misses the first increment of a new series', async () => {
  const text = await prometheus({ factors: ['otp'] }).text();
  const types = alerts.flatMap(([, expr]) => [...expr.matchAll(/type=~?"([^"]+)"/g)].flatMap(([, list = '']) => list.split('|')));
  expect(types.length).toBeGreaterThan(4);
  for (const type of types)
    for (const factor of ['otp', 'none'])
      expect(text).toContain(`parse_factors_events_total{type="${type}",factor="${factor}"} 0\n`);
});

it('there are alerts', () => expect(alerts.map(([name]) => name)).toContain('FactorFault'));

it.skipIf(!hasPromtool)(
  'Prometheus reads every query and alert (skipped where promtool is missing: apt-get install prometheus)',
  () => {
    const rules = queries.map(([, expr], index) => ({
      record: `query:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    const check = (content: string | object): number | null => promtool('check', { 'rules.yml': content }).status;
    expect(check({ groups: [{ name: 'dashboard', rules }] })).toBe(0);
    expect(check(docs('public/alerts.yml'))).toBe(0);
    expect(check(docs('public/alerts.yml').replace('sum by', 'sum buy'))).not.toBe(0);
  },
);

const message = (country: string, outcome: string): string =>
  `parse_factors_messages_total{factor="otp",country="${country}",outcome="${outcome}"}`;

/** Whether an alert fires, by Prometheus' own evaluation of the rules. */
it.skipIf(!hasPromtool)(
  'alerts fire on faults and on pumped messages, and not otherwise (skipped where promtool is missing: apt-get install prometheus)',
  () => {
    const test = {
      rule_files: ['alerts.yml'],
      tests: [
        {
          interval: '1m',
          input_series: [
            { series: 'parse_factors_events_total{type="fault",factor="none"}', values: '0x55 1x10' },
            { series: 'parse_factors_events_total{type="misconfigured",factor="none"}', values: '0x65' },
            { series: 'parse_factors_events_total{type="country_closed",factor="otp"}', values: '0x58 1x7' },
            { series: 'parse_factors_events_total{type="webhook_failed",factor="none"}', values: '0x65' },
            { series: 'parse_factors_events_total{type="test_code_used",factor="otp"}', values: '0x65' },
            { series: message('FR', 'delivered'), values: '0+2x65' },
            { series: message('FR', 'verified'), values: '0+1.5x65' },
            { series: message('LV', 'delivered'), values: '0+2x65' },
            { series: message('US', 'delivered'), values: '0+0.1x65' },
            { series: message('none', 'delivered'), values: '0+9x65' },
            { series: message('none', 'unreachable'), values: '0+5x65' },
          ],
          alert_rule_test: [
            { eval_time: '50m', alertname: 'FactorFault', exp_alerts: [] },
            { eval_time: '60m', alertname: 'FactorMisconfigured', exp_alerts: [] },
            { eval_time: '60m', alertname: 'FactorMessagesFail', exp_alerts: [] },
            { eval_time: '60m', alertname: 'FactorWebhookFailed', exp_alerts: [] },
            { eval_time: '60m', alertname: 'FactorTestCodeUsed', exp_alerts: [] },
            {
              eval_time: '60m',
              alertname: 'FactorCountryClosed',
              exp_alerts: [
                {
                  exp_labels: { severity: 'ticket', factor: 'otp' },
                  exp_annotations: {
                    summary: 'otp sends nothing to new numbers of a country, as too few codes came back. The event names it.',
                  },
                },
              ],
            },
            {
              eval_time: '60m',
              alertname: 'FactorFault',
              exp_alerts: [
                {
                  exp_labels: { severity: 'page', factor: 'none' },
                  exp_annotations: { summary: 'Users cannot log in: fault none. Run npx @parse-factors/core doctor.' },
                },
              ],
            },
            {
              eval_time: '60m',
              alertname: 'FactorConversionLow',
              exp_alerts: [
                {
                  exp_labels: { severity: 'ticket', country: 'LV' },
                  exp_annotations: {
                    summary: 'Many messages go to LV and few codes come back: SMS pumping, or messages do not arrive.',
                  },
                },
              ],
            },
          ],
        },
      ],
    };
    expect(promtool('test', { 'test.yml': test, 'alerts.yml': docs('public/alerts.yml') })).toEqual({
      status: 0,
      output: expect.stringContaining('SUCCESS'),
    });
  },
);

it.skipIf(!hasPromtool).each<readonly [alert: string, series: Readonly<Record<string, string>>]>([
  ['FactorFault', { 'parse_factors_events_total{type="fault",factor="otp"}': '0x55 1x10' }],
  ['FactorMisconfigured', { 'parse_factors_events_total{type="misconfigured",factor="otp"}': '0x55 1x10' }],
  // A server that starts without the guard, and one that starts so again: Prometheus never reads a 0.
  ['FactorMisconfigured', { 'parse_factors_events_total{type="misconfigured",factor="none"}': '_x55 1x10' }],
  ['FactorMisconfigured', { 'parse_factors_events_total{type="misconfigured",factor="none"}': '1x65' }],
  ['FactorStoreFault', { 'parse_factors_store_faults_total{verb="attempt"}': '0x55 1x10' }],
  ['FactorMessagesFail', { [message('none', 'failed')]: '0+1x65', [message('none', 'delivered')]: '0+4x65' }],
  ['FactorGuessing', { 'parse_factors_locks_total{factor="totp",purpose="sign-in"}': '0+1x65' }],
  ['FactorWebhookFailed', { 'parse_factors_events_total{type="webhook_failed",factor="none"}': '0x55 1x10' }],
  ['FactorTestCodeUsed', { 'parse_factors_events_total{type="test_code_used",factor="otp"}': '0x55 1x10' }],
])('%s fires (skipped where promtool is missing: apt-get install prometheus)', (alertname, series) => {
  const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }));
  const fires = (values: string): string => {
    const alert_rule_test = [{ eval_time: '60m', alertname, exp_alerts: [] }];
    const given = input_series.map((each) => (values === '' ? each : { ...each, values }));
    const test = { rule_files: ['alerts.yml'], tests: [{ interval: '1m', input_series: given, alert_rule_test }] };
    return promtool('test', { 'test.yml': test, 'alerts.yml': docs('public/alerts.yml') }).output;
  };
  expect(fires('0x65')).toContain('SUCCESS'); // none is expected, and none fires
  expect(fires('')).toMatch(new RegExp(`alertname: ${alertname}[^]*got:\\[\\s+0:\\s+Labels:\\{alertname="${alertname}"`));
});

/** The expression of a panel, over five minutes where Grafana chooses. */
const panel = (title: string): string =>
  String(queries.find(([name]) => name === title)?.[1]).replaceAll('$__rate_interval', '5m');

it.skipIf(!hasPromtool)(
  'the dashboard shows 0 % where nothing was verified, and no share of what cannot be (skipped where promtool is missing: apt-get install prometheus)',
  () => {
    const attempt = (factor: string, outcome: string): string =>
      `parse_factors_attempts_total{factor="${factor}",purpose="sign-in",outcome="${outcome}"}`;
    const series = [
      [message('FR', 'delivered'), '0+4x60'],
      [message('FR', 'verified'), '0+3x60'],
      [message('LV', 'delivered'), '0+4x60'],
      [message('US', 'delivered'), '5x60'],
      [message('none', 'delivered'), '0+4x60'],
      [attempt('otp', 'verified'), '0+1x60'],
      [attempt('otp', 'code_rejected'), '0+1x60'],
      [attempt('totp', 'code_rejected'), '0+1x60'],
    ].map(([name, values]) => ({ series: name, values }));
    const shows = (title: string, samples: Readonly<Record<string, number>>): object => ({
      expr: panel(title),
      eval_time: '60m',
      exp_samples: Object.entries(samples).map(([labels, value]) => ({ labels, value })),
    });
    const promql_expr_test = [
      shows('Conversion by country', { '{country="FR"}': 0.75, '{country="LV"}': 0 }),
      shows('Right answers at sign-in', { '{factor="otp"}': 0.5, '{factor="totp"}': 0 }),
    ];
    const test = { tests: [{ interval: '1m', input_series: series, promql_expr_test }] };
    expect(promtool('test', { 'test.yml': test })).toEqual({ status: 0, output: expect.stringContaining('SUCCESS') });
  },
);
