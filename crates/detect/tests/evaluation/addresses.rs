//! Rule heads, and rules about addresses alone.

use crate::lab::{CLIENT, Lab, NONE, SERVER, Trial, compile};

#[test]
fn heads_tell_packets_apart() {
    let mut lab = Lab::new(
        r#"alert udp $HOME_NET any -> any 53 (content:"x"; sid:1;)
alert udp !$HOME_NET any -> any any (content:"x"; sid:2;)
alert udp any [1:10,!5] -> any any (content:"x"; sid:3;)
alert udp 10.0.0.2 any <> 10.0.0.1 any (content:"x"; sid:4;)
alert tcp any any -> any any (content:"x"; sid:5;)
alert icmp any any -> any any (content:"x"; sid:6;)
alert ip [10.0.0.0/24,!10.0.0.2] any -> any any (content:"x"; sid:7;)"#,
    );
    assert_eq!(
        lab.alerts(&Trial::udp((CLIENT, 4), (SERVER, 53), b"x")),
        [1, 3, 4, 7]
    );
    assert_eq!(
        lab.alerts(&Trial::udp((SERVER, 5), (CLIENT, 53), b"x")),
        [1, 4]
    );
    assert_eq!(
        lab.alerts(&Trial::udp(([192, 0, 2, 1], 4), (CLIENT, 9), b"x")),
        [2, 3]
    );
}

#[test]
fn rules_about_addresses_alone_are_tried_once_a_direction() {
    let mut lab = Lab::new(
        r#"alert ip 10.0.0.1 any -> any any (sid:1;)
alert tcp any any -> 10.0.0.2 80 (sid:2;)
alert tcp any any -> 10.0.0.2 81 (sid:3;)
alert ip 192.0.2.0/24 any -> any any (sid:4;)"#,
    );
    assert_eq!(lab.alerts(&Trial::tcp(b"").first()), [1, 2]);
    assert_eq!(lab.alerts(&Trial::tcp(b"")), NONE);
    assert_eq!(lab.alerts(&Trial::tcp_back(b"").first()), NONE);
}

#[test]
fn what_such_a_rule_sets_is_there_for_all_others() {
    let mut lab = Lab::new(
        r#"pass tcp any any -> any any (flowbits:isset,seen; content:"x"; sid:1;)
alert ip any any -> any any (flowbits:set,seen; sid:2;)"#,
    );
    assert_eq!(lab.alerts(&Trial::tcp(b"x").first()), NONE);
}

#[test]
fn an_undefined_variable_refuses_the_rule_alone() {
    let (rules, report) = compile(
        r#"alert tcp $NOWHERE any -> any any (content:"x"; sid:1;)
alert tcp any any -> any any (content:"x"; sid:2;)"#,
        &[],
    );
    assert_eq!((rules.len(), report.refused.len()), (1, 1));
    assert!(
        report
            .refused
            .iter()
            .all(|(place, error)| *place == 0 && error.message.contains("$NOWHERE"))
    );
}
