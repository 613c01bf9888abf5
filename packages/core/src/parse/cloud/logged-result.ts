import type { HookConfig } from '../parse-types.js';

/**
 * Keeps the result of a Cloud function out of Parse Server's log (CWE-532): it writes parameters and result of every function
 * that succeeds.
 *
 * Parse Server looks the log level up in the configuration of the HTTP request when the function has returned. Other functions
 * in the same batch share that configuration, so their successes are not logged either.
 */
export function hideResult(config: HookConfig): void {
  const holder = config as { logLevels?: Readonly<Record<string, string>> };
  holder.logLevels = { ...holder.logLevels, cloudFunctionSuccess: 'silent' };
}
