//! What the prefilter lets through is all that can match.

use proptest::prelude::*;

use crate::lab::{CLIENT, Lab, SERVER, Trial};

/// Rules whose literal lies in the same place for a reader and for the prefilter.
fn rule() -> impl Strategy<Value = (String, String, bool)> {
    let protocol = prop_oneof!["tcp", "udp", "ip"];
    let modifier = prop_oneof![
        Just(""),
        Just("nocase; "),
        Just("depth:4; "),
        Just("offset:2; ")
    ];
    ("[ab]{1,3}", protocol, modifier, any::<bool>()).prop_map(
        |(content, protocol, modifier, negated)| {
            let sign = if negated { "!" } else { "" };
            let options = format!("content:{sign}\"{content}\"; {modifier}");
            (protocol, options, negated)
        },
    )
}

proptest! {
    #[test]
    fn many_rules_together_match_as_each_alone(
        rules in proptest::collection::vec(rule(), 1..40),
        payload in "[abAB]{0,12}",
        udp in any::<bool>(),
    ) {
        let text = |(sid, (protocol, options, _)): (usize, &(String, String, bool))| {
            format!("alert {protocol} any any -> any any ({options}noalert; flowbits:set,f{sid}; sid:{sid};)\n")
        };
        let trial = if udp {
            Trial::udp((CLIENT, 1), (SERVER, 2), payload.as_bytes())
        } else {
            Trial::tcp(payload.as_bytes())
        };
        let matched = |text: &str| {
            let mut lab = Lab::new(text);
            lab.alerts(&trial);
            let mut names: Vec<String> = lab.rules.flow_bits(&lab.flow).map(str::to_owned).collect();
            names.sort();
            names
        };
        let texts: Vec<String> = rules.iter().enumerate().map(|(place, rule)| text((place + 1, rule))).collect();
        let mut each: Vec<String> = texts.iter().flat_map(|text| matched(text)).collect();
        each.sort();
        prop_assert_eq!(matched(&texts.concat()), each);
    }
}
