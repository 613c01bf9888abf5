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
    | 'parse_server_too_old'
    | 'session_field_taken'
    | 'webhook_waiting'
    | 'reset_finds_no_email'
    | 'test_codes'
    | 'check_header_not_allowed'
    | 'check_failed'
    | 'proxy_not_trusted'
    | 'clocks_differ'
    | 'store_unreachable'
    | 'channel_unreachable'
    | 'writes_can_be_lost'
    | 'users_not_unique'
    | 'index_missing'
    | 'records_of_older_keys'
    | 'version_unsupported'
    | 'master_key_from_everywhere'
    | 'client_classes_allowed'
    | 'names_are_logged'
    | 'not_https'
    | 'events_kept_for_good'
    | 'notices_off'
    | 'no_way_back';
  /** The factor's key in `auth`; empty when the problem concerns the server. */
  readonly factor: string;
  /** A sentence that says what is wrong, and what to do. */
  readonly sentence: string;
}

/** How bad a finding is. `unprotected`: the factors protect less than they should. `broken`: users cannot log in, or logins slow down. */
export type FindingLevel = 'unprotected' | 'broken' | 'advice';

/** How bad each finding is, the worst first. */
export const FINDING_LEVELS: Readonly<Record<Finding['reason'], FindingLevel>> = {
  guard_not_installed: 'unprotected',
  writes_not_gated: 'unprotected',
  factor_not_configured: 'unprotected',
  other_second_factor: 'unprotected',
  auth_data_not_protected: 'unprotected',
  bodies_are_logged: 'unprotected',
  master_key_from_everywhere: 'unprotected',
  test_codes: 'unprotected',
  parse_server_too_old: 'unprotected',
  reads_from_secondaries: 'unprotected',
  writes_can_be_lost: 'unprotected',
  users_not_unique: 'unprotected',
  check_failed: 'broken',
  store_unreachable: 'broken',
  app_id_changed: 'broken',
  records_unreadable: 'broken',
  factor_disabled: 'broken',
  router_incompatible: 'broken',
  session_field_taken: 'broken',
  clocks_differ: 'broken',
  proxy_not_trusted: 'broken',
  owners_see_no_factors: 'broken',
  channel_unreachable: 'broken',
  reset_finds_no_email: 'broken',
  check_header_not_allowed: 'broken',
  database_adapter_unknown: 'broken',
  webhook_waiting: 'broken',
  version_unsupported: 'advice',
  not_https: 'advice',
  client_classes_allowed: 'advice',
  names_are_logged: 'advice',
  index_missing: 'advice',
  records_of_older_keys: 'advice',
  events_kept_for_good: 'advice',
  no_way_back: 'advice',
  notices_off: 'advice',
};

/** Sorts findings, the worst first. */
export const worstFirst = (findings: readonly Finding[]): readonly Finding[] => {
  const order = Object.keys(FINDING_LEVELS);
  return findings.toSorted((one, other) => order.indexOf(one.reason) - order.indexOf(other.reason));
};
