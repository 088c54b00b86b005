"""The second opinion, as a process that is asked many times.

One line of JSON in, {"namespaces": [...], "pods": [...], "policies": [...]}, as the API server would hand them out; one line out:

    {"cubes": [{"from": ENDS, "to": ENDS, "protocols": [...], "ports": [[first, last], ...]}, ...]}
    {"refused": "why"}

Each cube allows every connection from one of its sources to one of its destinations. ENDS is {"pods": ["namespace/name", ...],
"v4": [[first, last], ...], "v6": [[first, last], ...]}, with addresses as numbers. What no cube allows is denied.

The product's own command reads files and prints texts for people. This uses its classes as that command does, from the
parsers to the query, without the files, and without its guesses at Pods that the files may have forgotten (livesim).
"""

import json
import os
import sys

from nca.CoreDS.DimensionsManager import DimensionsManager
from nca.CoreDS.Peer import BasePeerSet
from nca.NetworkConfig.NetworkConfig import NetworkConfig
from nca.NetworkConfig.PeerContainer import PeerContainer
from nca.NetworkConfig.PoliciesFinder import PoliciesFinder
from nca.NetworkConfig.TopologyObjectsFinder import NamespacesFinder, PodsFinder
from nca.Resources.PolicyResources.NetworkPolicy import PolicyConnectionsFilter
from nca.Utils.NcaLogger import NcaLogger

# What it says about protocols without ports is left out: a NetworkPolicy says nothing about them.
PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132}


def connections(case):
    """What the policies of a case allow, as nca's set of cubes."""
    # Both are kept for the whole process, and would mix this case's Pods with those of the case before.
    BasePeerSet.reset()
    DimensionsManager.reset()

    namespaces = NamespacesFinder()
    for namespace in case["namespaces"]:
        namespaces.parse_yaml_code_for_ns(namespace)
    pods = PodsFinder()
    pods.namespaces_finder = namespaces
    for pod in case["pods"]:
        pods.add_eps_from_yaml(pod)
    if len(pods.peer_set) != len(case["pods"]):
        # It keeps two of a workload's equal Pods, and a Pod that it has not cannot be compared.
        raise AssertionError(f"{len(pods.peer_set)} of {len(case['pods'])} Pods were kept")
    container = PeerContainer(pods.peer_set, namespaces.namespaces, [], pods.representative_peers)

    policies = PoliciesFinder()
    policies.set_peer_container(container)
    for policy in case["policies"]:
        policies.parse_yaml_code_for_policy(policy, "the case")
    policies.parse_policies_in_parse_queue()
    config = NetworkConfig("the case", container, policies)

    # As its queries do: "all" now means the ends of this case.
    ends = BasePeerSet().get_peer_interval_of(container.get_all_peers_group(True, True, True))
    for dimension in ["src_peers", "dst_peers"]:
        DimensionsManager().set_domain(dimension, DimensionsManager.DimensionType.IntervalSet, ends)
    for policy in config.policies_container.policies.values():
        policy.reorganize_props_by_new_domains()
    allowed = config.allowed_connections(res_conns_filter=PolicyConnectionsFilter.only_all_allowed_connections())
    return config.filter_conns_by_peer_types(allowed.all_allowed_conns)


def ends_of(intervals):
    """nca numbers all ends: the addresses of IPv4, those of IPv6, and then the Pods."""
    base = BasePeerSet()
    found = {"pods": [], "v4": [], "v6": []}
    for interval in intervals:
        first, last = interval.start, interval.end
        if last <= base.max_ipv4_index:
            found["v4"].append([first - base.min_ipv4_index, last - base.min_ipv4_index])
        elif base.min_ipv6_index <= first and last <= base.max_ipv6_index:
            # Too long for a number of JSON that others read.
            found["v6"].append([str(first - base.min_ipv6_index), str(last - base.min_ipv6_index)])
        elif base.min_pod_index <= first:
            for index in range(first - base.min_pod_index, last - base.min_pod_index + 1):
                found["pods"].append(base.ordered_peer_list[index].full_name())
        else:
            raise AssertionError(f"{first} to {last} are ends of several kinds")
    return found


def answer(case):
    """The answer to one case."""
    try:
        allowed = connections(case)
    except Exception as refusal:  # It raises SyntaxError for what it takes for illegal, and breaks on some of it.
        return {"refused": f"{type(refusal).__name__}: {refusal}"}
    return {"cubes": cubes_of(allowed)}


def cubes_of(allowed):
    """nca's set of cubes, as it is written."""
    cubes = []
    for cube in allowed:
        values = dict(zip(allowed.active_dimensions, cube))
        known = {"src_peers", "dst_peers", "protocols", "dst_ports"}
        if not set(values) <= known:
            raise AssertionError(f"cubes have more sides than is known here: {sorted(values)}")

        def side(name):
            # A side that is not named is not limited.
            return values[name] if name in values else DimensionsManager().get_dimension_domain_by_name(name)

        protocols = [name for name, number in PROTOCOLS.items() if number in side("protocols")]
        if protocols:
            ports = [[interval.start, interval.end] for interval in side("dst_ports")]
            cubes.append({"from": ends_of(side("src_peers")), "to": ends_of(side("dst_peers")), "protocols": protocols, "ports": ports})
    return cubes


def be_quiet():
    """It prints warnings about policies to both; answers must stand alone, and a pipe that nobody reads fills up."""
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    NcaLogger().mute()


def main():
    """Answers until its input ends."""
    out = sys.stdout
    be_quiet()
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception:
            sys.stderr = sys.__stderr__
            raise
        NcaLogger().flush_messages(silent=True)
        out.write(json.dumps(reply) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
