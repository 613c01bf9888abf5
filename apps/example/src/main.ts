import { createServer } from 'node:net';
import { FactorConfigError } from '@parse-factors/core';
import { chooseChannels } from './server/channels.js';
import { startDatabase } from './server/database.js';
import { startServer } from './server/server.js';
import { chooseStore } from './server/store.js';
import { StartupError, readSettings, type Settings } from './settings.js';

const STOP_WITHIN_MS = 5000;

/** Checks the port before anything starts. Parse Server itself would end with a stack trace. */
const assertPortFree = ({ port, host }: Settings): Promise<void> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', ({ message, code }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${message})`;
      reject(new StartupError(`Port ${port} ${why}. Stop what uses it, or choose another: PORT=${port + 1} npm start`));
    });
    probe.listen(port, host, () => probe.close(() => resolve()));
  });

/** Stops everything once, on Ctrl-C. Replaces the signal handlers of the libraries, which would not wait for each other. */
function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      // Parse Server may still be closing connections when the database stops. These errors are harmless now.
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', () => undefined);
      setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
      stop().then(
        () => process.stdout.write('\nStopped.\n', () => process.exit(0)),
        () => process.exit(1),
      );
    });
  }
}

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  await assertPortFree(settings);
  const channels = chooseChannels(process.env);
  const { store, close } = await chooseStore(settings);
  const database = await startDatabase(settings);
  const server = await startServer(settings, channels, database.uri, { store }).catch(async (error: unknown) => {
    await database.stop();
    throw error;
  });
  stopOnSignal(async () => {
    await server.stop().catch(() => undefined);
    close();
    await database.stop();
  });
  const masterKey = settings.isMasterKeyNew ? `\nMaster key of this start: ${settings.masterKey}` : '';
  process.stdout.write(
    `\nThe example runs at ${server.url}\nCodes appear at ${server.url}/outbox${masterKey}\nCtrl-C stops it.\n`,
  );
}

try {
  await main();
} catch (error) {
  const isConfiguration = error instanceof StartupError || error instanceof FactorConfigError;
  process.stderr.write(`${isConfiguration ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}
