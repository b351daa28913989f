//! Bits and numbers of flows and hosts, and data sets.

use crate::lab::{CLIENT, Lab, NONE, SERVER, Trial};

#[test]
fn a_bit_that_one_rule_sets_another_sees_in_the_same_packet() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (content:"a"; flowbits:isset,x; sid:1;)
alert tcp any any -> any any (content:"a"; flowbits:set,x; noalert; sid:2;)
alert tcp any any -> any any (content:"b"; flowbits:unset,x; sid:3;)
alert tcp any any -> any any (content:"a"; flowbits:isset,y|x; sid:4;)
alert tcp any any -> any any (content:"c"; flowbits:isnotset,x; sid:5;)
alert tcp any any -> any any (content:"t"; flowbits:toggle,x; sid:6;)"#,
    );
    assert_eq!(lab.alerts(&Trial::tcp(b"c")), [5]);
    assert_eq!(lab.alerts(&Trial::tcp(b"a")), [1, 4]);
    let rules = lab.rules.clone();
    assert_eq!(rules.flow_bits(&lab.flow).collect::<Vec<_>>(), ["x"]);
    assert_eq!(lab.alerts(&Trial::tcp(b"b")), [3]);
    assert_eq!(lab.alerts(&Trial::tcp(b"c")), [5]);
    assert_eq!(lab.alerts(&Trial::tcp(b"t")), [6]);
    assert_eq!(lab.alerts(&Trial::tcp(b"c")), NONE);
}

#[test]
fn numbers_of_a_flow_count() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (content:"login"; flowint:n,+,1; noalert; sid:1;)
alert tcp any any -> any any (content:"login"; flowint:n,>=,3; sid:2;)
alert tcp any any -> any any (content:"who"; flowint:n,isset; sid:3;)
alert tcp any any -> any any (content:"who"; flowint:n,notset; sid:4;)"#,
    );
    assert_eq!(lab.alerts(&Trial::tcp(b"who")), [4]);
    let shown: Vec<usize> = (0..4)
        .map(|_| lab.alerts(&Trial::tcp(b"login")).len())
        .collect();
    assert_eq!(shown, [0, 0, 1, 1]);
    assert_eq!(lab.alerts(&Trial::tcp(b"who")), [3]);
    let rules = lab.rules.clone();
    assert_eq!(rules.flow_ints(&lab.flow).collect::<Vec<_>>(), [("n", 4)]);
}

#[test]
fn bits_of_hosts_outlive_flows_and_expire() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (content:"a"; xbits:set,seen,track ip_src,expire 60; sid:1;)
alert tcp any any -> any any (content:"b"; xbits:isset,seen,track ip_src; sid:2;)
alert tcp any any -> any any (content:"b"; xbits:isset,seen,track ip_dst; sid:3;)
alert tcp any any -> any any (content:"p"; xbits:set,pair,track ip_pair,expire 60; sid:4;)
alert tcp any any -> any any (content:"q"; xbits:isset,pair,track ip_pair; sid:5;)"#,
    );
    assert_eq!(lab.alerts(&Trial::tcp(b"b")), NONE);
    assert_eq!(lab.alerts(&Trial::tcp(b"a")), [1]);
    lab.flow = Default::default();
    assert_eq!(lab.alerts(&Trial::tcp(b"b").at(1060)), [2]);
    assert_eq!(lab.alerts(&Trial::tcp_back(b"b").at(1060)), [3]);
    assert_eq!(lab.alerts(&Trial::tcp(b"b").at(1061)), NONE);
    assert_eq!(lab.alerts(&Trial::tcp(b"p").at(1061)), [4]);
    assert_eq!(lab.alerts(&Trial::tcp_back(b"q").at(1062)), [5]);
}

#[test]
fn several_workers_leave_bits_of_hosts_to_the_arbiter() {
    let text = r#"alert tcp any any -> any any (content:"a"; hostbits:set,seen,src; sid:1;)
alert tcp any any -> any any (content:"a"; hostbits:isset,seen,src; sid:2;)"#;
    let mut lab = Lab::new(text);
    assert!(!lab.rules.is_entangled());
    assert_eq!(lab.candidates(&Trial::tcp(b"a")), [1, 2]);
    let entangled = text.replace("isset,seen,src;", "isset,seen,src; flowbits:set,x;");
    assert!(Lab::new(&entangled).rules.is_entangled());
}

#[test]
fn data_sets_learn_addresses() {
    let mut lab = Lab::new(
        r#"alert udp any any -> any any (ip.src; dataset:set,sources,type ipv4; content:"|0a|"; sid:1;)
alert udp any any -> any any (ip.dst; dataset:isset,sources,type ipv4; sid:2;)"#,
    );
    let there = Trial::udp((CLIENT, 1), (SERVER, 2), b"x");
    let back = Trial::udp((SERVER, 2), (CLIENT, 1), b"x");
    assert_eq!(lab.alerts(&there), [1]);
    assert_eq!(lab.alerts(&there), NONE);
    assert_eq!(lab.alerts(&back), [1, 2]);
}
