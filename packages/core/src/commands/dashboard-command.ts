import { DASHBOARD_CONFIG, DASHBOARD_VIEWS } from '../flows/administration/dashboard-config.js';

/** The help text of the command `parse-factors dashboard-config`. */
export const DASHBOARD_USAGE = `parse-factors dashboard-config

Prints, as JSON, what Parse Dashboard 9.2 or newer needs to show factors. Put its fields into the entry of your application
in "apps". It calls the Cloud functions that install(Parse, { dashboard: true }) defines.`;

/** Runs the command `parse-factors dashboard-config`: the configuration goes to `print`, and what is left to do to `note`. */
export function printDashboardConfig(print: (text: string) => void, note: (text: string) => void): void {
  print(`${JSON.stringify(DASHBOARD_CONFIG, null, 2)}\n`);
  const views = DASHBOARD_VIEWS.map(({ name, cloudFunction }) => `  ${name}: ${cloudFunction}\n`);
  note(`Create these views in the dashboard under Views, with the data source "Cloud Function":\n${views.join('')}`);
}
