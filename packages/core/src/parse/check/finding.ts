/** Something about the server's configuration that leaves the factors open. */
export interface Finding {
  readonly reason:
    | 'guard_not_installed'
    | 'writes_not_gated'
    | 'factor_not_configured'
    | 'factor_disabled'
    | 'app_id_changed'
    | 'records_unreadable'
    | 'auth_data_not_protected'
    | 'owners_see_no_factors'
    | 'other_second_factor'
    | 'bodies_are_logged'
    | 'router_incompatible'
    | 'check_failed';
  /** The key in `auth` that it is about; empty when it is about the server. */
  readonly factor: string;
  /** What is wrong, and what to do. */
  readonly sentence: string;
}
