//! One case after the other: the literal text.

use std::fs;

use crate::plugin::{folder, run};

/// Runs the case of this name and compares.
fn case(name: &str) {
    let path = folder().join("cases").join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let command =
        text.lines().next().and_then(|line| line.strip_prefix("$ kubectl appnet explain ")).expect("a command");
    let done = run(&command.split_whitespace().collect::<Vec<_>>());
    // What is said of the whole state is the same for every case.
    let mut errors: Vec<_> = done.err.lines().filter(|line| line.starts_with("error:")).collect();
    let exit = format!("exit {}\n", done.exit);
    errors.push(&exit);
    let printed = format!("$ kubectl appnet explain {command}\n{}{}", done.out, errors.join("\n"));
    if std::env::var_os("UPDATE_EXPLAIN").is_some() {
        fs::write(&path, &printed).expect("the case can be written");
    } else {
        assert_eq!(printed, text, "{}", path.display());
    }
}

macro_rules! cases {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            case(stringify!($name));
        })*

        #[test]
        fn every_case_is_run() {
            let listed = [$(stringify!($name)),*];
            for entry in fs::read_dir(folder().join("cases")).expect("the cases") {
                let path = entry.expect("an entry").path();
                let name = path.file_stem().and_then(|name| name.to_str()).expect("text").to_owned();
                assert!(listed.contains(&name.as_str()), "{name} is not among the tests");
            }
        }
    };
}

cases! {
    a_policy_that_only_leaves_somebody_out_is_never_given_a_rule
    the_name_of_a_service_in_a_cluster_of_another_domain_is_no_name_outside
    the_name_of_a_pod_behind_a_headless_service_is_no_name_outside
    a_dns_name_outside_is_unknown_beside_policies_of_another_api
    which_of_two_controllers_serves_a_way_in_is_unknown
    of_two_ways_in_the_one_that_fails_is_told
    a_service_port_leads_to_the_port_of_that_name_on_each_pod
    a_named_port_that_differs_across_replicas_is_mixed
    a_headless_service_translates_nothing
    a_service_without_that_port_is_an_error_that_lists_its_ports
    a_service_that_selects_nobody_is_unknown
    a_service_that_is_a_name_outside_is_unknown
    a_service_whose_endpoints_are_listed_by_hand_leads_to_pods_and_addresses
    a_service_without_a_selector_and_without_slices_is_unknown
    a_service_whose_endpoints_are_outside_leads_to_their_addresses
    a_port_that_no_slice_lists_is_unknown
    a_headless_service_without_a_selector_translates_nothing
    the_calls_of_the_ingress_controller_to_the_outside_are_unknown
    two_ends_outside_are_unknown_behind_a_service_too
    udp_is_allowed_where_tcp_is_not
    tcp_is_denied_where_udp_is_allowed
    a_wrong_label_of_a_namespace_is_named
    a_wrong_label_of_a_pod_is_named
    a_missing_way_out_is_fixed_on_the_side_of_the_caller
    a_missing_way_in_is_fixed_on_the_side_of_the_called
    two_missing_halves_need_two_changes
    a_default_deny_alone_denies
    a_default_deny_is_never_given_a_rule
    the_policy_that_selects_the_fewest_pods_is_given_the_rule
    where_nothing_isolates_all_is_allowed
    an_address_in_an_exception_is_denied
    the_metadata_address_is_denied_by_its_exception
    an_address_beside_the_exceptions_is_allowed
    an_address_of_a_pod_is_that_pod
    the_address_of_a_service_is_that_service
    a_block_of_addresses_is_refused
    a_dns_name_is_unknown
    a_dns_name_outside_is_denied_where_no_address_may_be_called
    a_dns_name_outside_is_unknown_where_some_address_may_be_called
    a_pod_on_the_host_network_is_unknown
    the_address_of_a_node_is_unknown_though_a_block_has_it
    a_pod_that_calls_itself_is_unknown
    what_could_not_be_read_is_said_first
    without_a_port_each_declared_port_has_its_verdict
    the_ingress_controller_may_or_may_not_be_among_the_callers
    a_typing_error_is_answered_with_what_exists
    two_tiers_need_one_statement_for_both_halves
    a_caller_of_another_namespace_is_added_to_the_tier
    a_destination_outside_is_added_to_the_tier
    a_port_that_the_tier_does_not_declare_is_declared
    what_a_profile_allows_is_shown_with_its_field
    a_generated_policy_without_its_profile_says_what_it_says_of_itself
    what_a_fix_opens_besides_is_said
    a_port_by_name_of_an_address_is_unknown
    a_service_calls_nobody
    the_ingress_controller_is_the_one_that_serves_the_way_in
    of_what_no_way_in_leads_to_the_controller_is_unknown
    a_finished_pod_is_left_out
    every_port_of_an_address_is_summed_up
}
