//! The first lab that everybody does: a frontend, an api, and a client that nobody knows.

use crate::{
    cluster::{QUIET, eventually},
    place::Place,
};

const API: &str = "http://api.NAMESPACE.svc.cluster.local";

/// curl in a Pod: what it printed, or its complaint.
fn curl(place: &Place, pod: &str) -> Result<String, String> {
    let url = API.replace("NAMESPACE", &place.name);
    place.try_kubectl(&["exec", pod, "--", "curl", "-sS", "--max-time", "3", &url])
}

fn until_answered(place: &Place, pod: &str) {
    eventually(&format!("{pod} gets an answer from the api"), || {
        let said = curl(place, pod)?;
        if said.starts_with("Server name: api-") { Ok(()) } else { Err(said) }
    });
}

#[test]
fn the_frontend_reaches_the_api_and_a_random_client_times_out_while_names_resolve_for_both() {
    let _quiet = QUIET.read();
    let place = Place::new("guide");
    place.apply(include_str!("../../demo/lab.yaml"));
    place.kubectl(&["run", "random-client", "--image=curlimages/curl", "--restart=Never", "--", "sleep", "3600"]);
    for deployment in ["deployment/api", "deployment/frontend"] {
        place.kubectl(&["rollout", "status", deployment, "--timeout=90s"]);
    }
    place.wait_for_pods();
    until_answered(&place, "deployment/frontend");
    until_answered(&place, "random-client");

    place.apply(include_str!("../../demo/profile.yaml"));
    place.until_profile("it is ready", |profile| crate::place::condition(profile, "Ready").0 == "True");
    eventually("the random client times out", || match curl(&place, "random-client") {
        // Connecting, not resolving: DNS is open to it, the api is not.
        Err(said) if said.contains("(28)") && said.contains("Connection time") => Ok(()),
        other => Err(other),
    });
    until_answered(&place, "deployment/frontend");
    for pod in ["deployment/frontend", "random-client"] {
        let name = API.replace("NAMESPACE", &place.name).replace("http://", "");
        let said = place.kubectl(&["exec", pod, "--", "nslookup", &name, "10.96.0.10"]);
        assert!(said.contains("Address"), "{said}");
    }
}
