import type { HookConfig } from '../parse-types.js';

/**
 * Keeps the result of a Cloud function out of Parse Server's log (CWE-532): it writes parameters and result of every function
 * that succeeds. Call it right before the function returns.
 *
 * Parse Server looks up the log level in the request's configuration when the function has returned. The requests of a batch
 * share the configuration, so the level is put back once the pending promises have been handled.
 */
export function hideResult(config: HookConfig): void {
  const holder = config as { logLevels?: Readonly<Record<string, string>> };
  const { logLevels } = holder;
  const silent = { ...logLevels, cloudFunctionSuccess: 'silent' };
  holder.logLevels = silent;
  setImmediate(() => {
    if (holder.logLevels === silent && logLevels !== undefined) holder.logLevels = logLevels;
  });
}
