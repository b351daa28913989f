//! ICMP.

use crate::hosts::{ATTACKER, CLIENT, CLIENT6, Host, OUTSIDE, ROUTER, SERVER, SERVER6};
use crate::layers::{icmp, icmpv6, ip, ipv4, protocol, udp};
use crate::{Capture, Tape};

const ECHO: u8 = 8;
const ECHO_REPLY: u8 = 0;
const UNREACHABLE: u8 = 3;
const TIME_EXCEEDED: u8 = 11;
const TIMESTAMP: u8 = 13;

pub(super) fn captures() -> Vec<Capture> {
    vec![
        echo().capture(
            "icmp-echo.pcap",
            "echoes and their replies, over IPv4 and IPv6; an empty one; a timestamp request; a traceroute of \
             three hops",
        ),
        unreachable().capture(
            "icmp-unreachable.pcap",
            "a scan of six UDP ports, each answered with port unreachable and a quote; a host unreachable",
        ),
    ]
}

fn send(tape: &mut Tape, from: &Host, to: &Host, message: &[u8]) {
    tape.packet(from, to, ip(from, to, protocol::ICMP, message));
}

/// A request for the time; other scenarios use it where only the file differs.
pub(super) fn timestamp(tape: &mut Tape) {
    let message = icmp(TIMESTAMP, 0, [0, 9, 0, 1], &[0; 12]);
    send(tape, &ATTACKER, &SERVER, &message);
}

fn echo() -> Tape {
    let mut tape = Tape::default();
    for number in 1..=3 {
        let word = [0, 7, 0, number];
        let letters = b"abcdefghijklmnopqrstuvwabcdefghi";
        send(&mut tape, &CLIENT, &OUTSIDE, &icmp(ECHO, 0, word, letters));
        send(
            &mut tape,
            &OUTSIDE,
            &CLIENT,
            &icmp(ECHO_REPLY, 0, word, letters),
        );
    }
    let rest = [&[0, 7, 0, 1][..], b"abcdefgh"].concat();
    for (from, to, kind) in [(CLIENT6, SERVER6, 128), (SERVER6, CLIENT6, 129)] {
        let message = icmpv6(&from, &to, kind, 0, &rest);
        tape.packet(&from, &to, ip(&from, &to, protocol::ICMPV6, &message));
    }
    send(
        &mut tape,
        &ATTACKER,
        &SERVER,
        &icmp(ECHO, 0, [0, 8, 0, 1], b""),
    );
    timestamp(&mut tape);
    traceroute(&mut tape);
    tape
}

/// Echoes that live for one hop, two and three; the third reaches its goal.
fn traceroute(tape: &mut Tape) {
    let hops = [ROUTER, crate::hosts::GATEWAY];
    for hop in 1..=3_u8 {
        let message = icmp(ECHO, 0, [0, 10, 0, hop], &[0x42; 24]);
        let echo = ipv4(&CLIENT, &OUTSIDE, protocol::ICMP, &message, |header| {
            header.time_to_live = hop;
        });
        tape.packet(&CLIENT, &OUTSIDE, echo.clone());
        match hops.get(usize::from(hop) - 1) {
            Some(router) => {
                let quote = &echo[..28];
                let expired = icmp(TIME_EXCEEDED, 0, [0; 4], quote);
                send(tape, router, &CLIENT, &expired);
            }
            None => {
                let reply = icmp(ECHO_REPLY, 0, [0, 10, 0, hop], &[0x42; 24]);
                send(tape, &OUTSIDE, &CLIENT, &reply);
            }
        }
    }
}

fn unreachable() -> Tape {
    const HOST: u8 = 1;
    const PORT: u8 = 3;
    let mut tape = Tape::default();
    for port in [69, 111, 137, 161, 500, 1900] {
        let probe = udp(ATTACKER.port(47_001), SERVER.port(port), b"");
        tape.packet(&ATTACKER, &SERVER, probe.clone());
        let refusal = icmp(UNREACHABLE, PORT, [0; 4], &probe[..28]);
        send(&mut tape, &SERVER, &ATTACKER, &refusal);
    }
    let lost = udp(CLIENT.port(49_230), OUTSIDE.port(9), b"anyone?");
    tape.packet(&CLIENT, &OUTSIDE, lost.clone());
    let refusal = icmp(UNREACHABLE, HOST, [0; 4], &lost[..28]);
    send(&mut tape, &ROUTER, &CLIENT, &refusal);
    tape
}
