/** The names of the Cloud functions that `install` defines with `dashboard: true`. */
export const DASHBOARD_FUNCTIONS = {
  panel: 'factorsDashboardPanel',
  reset: 'factorsDashboardReset',
  unlock: 'factorsDashboardUnlock',
  endSessions: 'factorsDashboardEndSessions',
  helpCode: 'factorsDashboardHelpCode',
  adoption: 'factorsDashboardAdoption',
  missing: 'factorsDashboardMissing',
} as const;

/** A script in the configuration of Parse Dashboard. */
interface DashboardScript {
  readonly title: string;
  readonly classes: readonly string[];
  readonly cloudCodeFunction: string;
  readonly showConfirmationDialog?: boolean;
  readonly confirmationDialogStyle?: 'critical';
}

/** What Parse Dashboard reads from an entry of `apps` (README of 9.2, "App Options"). */
export interface DashboardConfig {
  readonly enableSecurityChecks: boolean;
  readonly infoPanel: readonly {
    readonly title: string;
    readonly classes: readonly string[];
    readonly cloudCodeFunction: string;
  }[];
  readonly scripts: readonly DashboardScript[];
}

const USERS = ['_User'];

/** The part of the dashboard's configuration that is about factors. It holds nothing of one application. */
export const DASHBOARD_CONFIG: DashboardConfig = {
  enableSecurityChecks: true,
  infoPanel: [{ title: 'Factors', classes: USERS, cloudCodeFunction: DASHBOARD_FUNCTIONS.panel }],
  scripts: [
    { title: 'Reset factors', classes: USERS, cloudCodeFunction: DASHBOARD_FUNCTIONS.reset },
    { title: 'End locks', classes: USERS, cloudCodeFunction: DASHBOARD_FUNCTIONS.unlock },
    { title: 'End sessions', classes: USERS, cloudCodeFunction: DASHBOARD_FUNCTIONS.endSessions },
    {
      title: 'Issue a help code',
      classes: USERS,
      cloudCodeFunction: DASHBOARD_FUNCTIONS.helpCode,
      // The dashboard shows results of a form for 3.5 seconds only. So this script acts before its form, which shows the code.
      showConfirmationDialog: true,
      confirmationDialogStyle: 'critical',
    },
  ],
};

/** The views. Operators create them in the dashboard, as no configuration names them. */
export const DASHBOARD_VIEWS: readonly { readonly name: string; readonly cloudFunction: string }[] = [
  { name: 'Factors by role', cloudFunction: DASHBOARD_FUNCTIONS.adoption },
  { name: 'Users who must set up a factor', cloudFunction: DASHBOARD_FUNCTIONS.missing },
];
