import { composeExample, type FactorParts, parseServerOptions } from '../factors.js';
import { servePages } from '../pages/serve-pages.js';
import type { Settings } from '../settings.js';
import type { Channels } from './channels.js';
import { chooseMetrics, countUsers, serveMetrics } from './metrics.js';

/** A started Parse Server. */
export interface RunningServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** What a caller can replace. */
export interface ServerParts extends FactorParts {
  /** More options of Parse Server. They override those of the example. */
  readonly options?: object;
}

interface ParseServerModule {
  readonly ParseServer: { startApp(options: object): Promise<{ handleShutdown(): Promise<void> }> };
}

/** Options whose defaults will change in a later Parse Server. Setting them now keeps its warnings out of the log. */
const FUTURE_DEFAULTS = {
  fileUpload: { allowedFileUrlDomains: [] },
  pages: { encodePageParamHeaders: true },
  readOnlyMasterKeyIps: ['127.0.0.1', '::1'],
  requestComplexity: {
    includeDepth: 10,
    includeCount: 100,
    subqueryDepth: 10,
    queryDepth: 10,
    graphQLDepth: 20,
    graphQLFields: 200,
    batchRequestLimit: 100,
  },
  protectedFieldsTriggerExempt: true,
  protectedFieldsSaveResponseExempt: false,
  installation: { duplicateDeviceTokenActionEnforceAuth: true },
  allowAggregationForReadOnlyMasterKey: false,
};

/** Starts Parse Server with all factors, the GraphQL API and the pages of the example. */
export async function startServer(
  settings: Settings,
  channels: Channels,
  databaseUri: string,
  parts: ServerParts = {},
): Promise<RunningServer> {
  const { port, host, masterKey } = settings;
  const url = `http://localhost:${port}`;
  const metrics = chooseMetrics(settings);
  const factors = composeExample(settings, channels, { metrics, ...parts });
  const [pages, metricsPage] = [servePages(url, channels.outboxes, settings), serveMetrics(metrics, settings)];
  process.env['PARSE_SERVER_LOGS_FOLDER'] = 'null'; // Parse Server reads this when it is imported
  const { ParseServer } = (await import('parse-server')) as unknown as ParseServerModule;
  const server = await ParseServer.startApp({
    ...FUTURE_DEFAULTS,
    databaseURI: databaseUri,
    appId: 'example',
    masterKey,
    port,
    host,
    serverURL: `http://127.0.0.1:${port}/parse`,
    publicServerURL: `${url}/parse`,
    mountPath: '/parse',
    allowOrigin: [...settings.origins],
    mountGraphQL: true,
    graphQLPath: '/graphql',
    graphQLPublicIntrospection: true,
    ...parseServerOptions(factors),
    middleware: ((request, response, next) =>
      metricsPage(request, response, () => pages(request, response, next))) satisfies typeof pages,
    logLevel: 'warn',
    ...parts.options,
  });
  const stopCounting = countUsers(metrics, factors);
  return {
    url,
    stop: () => {
      stopCounting();
      return server.handleShutdown();
    },
  };
}
