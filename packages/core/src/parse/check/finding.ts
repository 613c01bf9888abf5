/** A problem of the server's configuration that leaves the factors unprotected or unusable. */
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
    | 'database_adapter_unknown'
    | 'reads_from_secondaries'
    | 'session_field_taken'
    | 'reset_finds_no_email'
    | 'test_codes'
    | 'check_header_not_allowed'
    | 'check_failed';
  /** The factor's key in `auth`; empty when the problem concerns the server. */
  readonly factor: string;
  /** A sentence that says what is wrong, and what to do. */
  readonly sentence: string;
}
