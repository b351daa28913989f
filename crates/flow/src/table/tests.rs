use super::*;
use crate::config::RateTracking;
use proptest::prelude::*;
use std::net::IpAddr;
use tapir_packet::{DecodeConfig, Decoder, Frame, LinkType};

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 0, 2];
const ROUTER: [u8; 4] = [10, 0, 0, 9];
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

fn ipv4(protocol: u8, src: [u8; 4], dst: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 0, 0, 7, 0, 0, 64, protocol, 0, 0];
    packet[2..4].copy_from_slice(&(20 + payload.len() as u16).to_be_bytes());
    packet.extend_from_slice(&src);
    packet.extend_from_slice(&dst);
    packet.extend_from_slice(payload);
    packet
}

fn udp(src: ([u8; 4], u16), dst: ([u8; 4], u16)) -> Vec<u8> {
    let ports = [src.1.to_be_bytes(), dst.1.to_be_bytes()].concat();
    ipv4(
        17,
        src.0,
        dst.0,
        &[ports, vec![0, 12, 0, 0, 1, 2, 3, 4]].concat(),
    )
}

fn tcp(src: ([u8; 4], u16), dst: ([u8; 4], u16), flags: u8) -> Vec<u8> {
    let ports = [src.1.to_be_bytes(), dst.1.to_be_bytes()].concat();
    ipv4(
        6,
        src.0,
        dst.0,
        &[
            ports,
            vec![0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 1, 0, 0, 0, 0, 0],
        ]
        .concat(),
    )
}

fn icmp(src: [u8; 4], dst: [u8; 4], kind: u8, rest: &[u8]) -> Vec<u8> {
    ipv4(1, src, dst, &[&[kind, 0, 0, 0, 0, 0, 0, 0], rest].concat())
}

/// A table, its clock, and what has ended.
struct Bench {
    table: FlowTable<()>,
    decoder: Decoder,
    number: u64,
    ended: Vec<(u64, EndReason)>,
}

impl Bench {
    fn new(config: FlowConfig) -> Self {
        let decoder = Decoder::new(DecodeConfig::default());
        Self {
            table: FlowTable::new(config, Seed::Fixed(1)),
            decoder,
            number: 0,
            ended: Vec::new(),
        }
    }

    fn send_with(
        &mut self,
        ts: Timestamp,
        data: &[u8],
        reused: bool,
    ) -> Result<Tracked, Untracked> {
        self.number += 1;
        let frame = Frame {
            ts,
            link: LinkType::RAW,
            data,
            wire_len: data.len() as u32,
        };
        let packets = self.decoder.decode(&frame);
        let ended = &mut self.ended;
        self.table.track(
            &packets[0],
            self.number,
            |_, _| reused,
            |flow, why| ended.push((flow.first_packet(), why)),
        )
    }

    fn send_reused(
        &mut self,
        second: u64,
        data: &[u8],
        reused: bool,
    ) -> Result<Tracked, Untracked> {
        self.send_with(Timestamp::new(second, 0), data, reused)
    }

    fn send_at(&mut self, ts: Timestamp, data: &[u8]) -> Result<Tracked, Untracked> {
        self.send_with(ts, data, false)
    }

    fn send(&mut self, second: u64, data: &[u8]) -> Result<Tracked, Untracked> {
        self.send_reused(second, data, false)
    }

    fn expire(&mut self, second: u64) {
        let ended = &mut self.ended;
        self.table.expire(Timestamp::new(second, 0), |flow, why| {
            ended.push((flow.first_packet(), why))
        });
    }
}

#[test]
fn a_conversation_is_one_flow() {
    let mut bench = Bench::new(FlowConfig::default());
    let ask = bench.send(100, &udp((CLIENT, 4000), (SERVER, 53))).unwrap();
    assert!(ask.is_new && ask.first_of_direction && !ask.established);
    assert_eq!(ask.direction, Direction::ToServer);
    let answer = bench.send(101, &udp((SERVER, 53), (CLIENT, 4000))).unwrap();
    assert_eq!(
        (answer.flow, answer.direction),
        (ask.flow, Direction::ToClient)
    );
    assert!(answer.established && answer.first_of_direction && !answer.is_new);
    let flow = bench.table.get(ask.flow).unwrap();
    assert_eq!(flow.client(), IpAddr::from(CLIENT));
    assert_eq!((flow.client_port(), flow.server_port()), (4000, 53));
    assert_eq!(flow.state(), FlowState::Established);
    assert_eq!(flow.age(), 1);
    assert_eq!(flow.counts(Direction::ToClient).packets, 1);
    assert_eq!(flow.counts(Direction::ToServer).bytes, 32);
    assert_eq!(flow.ttl(Direction::ToServer).min, 64);
    assert!(flow.id() > 0 && flow.id() < 1 << 51);
    let counters = bench.table.counters();
    assert_eq!((counters.total, counters.active, counters.udp), (1, 1, 1));
}

#[test]
fn flows_end_when_their_silence_is_over() {
    let mut bench = Bench::new(FlowConfig::default());
    bench.send(100, &udp((CLIENT, 1), (SERVER, 53))).unwrap();
    bench.send(100, &udp((CLIENT, 2), (SERVER, 53))).unwrap();
    bench.send(100, &udp((SERVER, 53), (CLIENT, 2))).unwrap();
    bench.send(120, &udp((CLIENT, 1), (SERVER, 53))).unwrap();
    bench.expire(150);
    assert_eq!(
        bench.ended,
        [],
        "a packet pushed the first one's deadline back"
    );
    bench.expire(151);
    assert_eq!(bench.ended, [(1, EndReason::Timeout)]);
    bench.expire(400);
    assert_eq!(bench.table.len(), 1, "both sides seen: 300 seconds");
    let late = bench.send(401, &udp((SERVER, 53), (CLIENT, 2))).unwrap();
    assert!(
        late.is_new,
        "a packet that comes too late begins a flow of its own"
    );
    assert_eq!(
        bench.ended,
        [(1, EndReason::Timeout), (2, EndReason::Timeout)]
    );
    bench
        .table
        .drain(|flow, why| assert_eq!((flow.first_packet(), why), (5, EndReason::Shutdown)));
    assert!(bench.table.is_empty());
    assert_eq!(bench.table.counters().end_established, 1);
}

#[test]
fn silence_is_measured_to_the_nanosecond() {
    let mut bench = Bench::new(FlowConfig::default());
    let packet = udp((CLIENT, 1), (SERVER, 53));
    bench.send_at(Timestamp::new(100, 500), &packet).unwrap();
    assert!(
        !bench
            .send_at(Timestamp::new(130, 499), &packet)
            .unwrap()
            .is_new
    );
    assert!(
        bench
            .send_at(Timestamp::new(160, 499), &packet)
            .unwrap()
            .is_new
    );
    assert_eq!(bench.ended, [(1, EndReason::Timeout)]);
}

#[test]
fn a_closed_session_ends_sooner() {
    let mut bench = Bench::new(FlowConfig::default());
    let syn = bench
        .send(100, &tcp((CLIENT, 4000), (SERVER, 80), SYN))
        .unwrap();
    bench
        .table
        .get_mut(syn.flow)
        .unwrap()
        .set_state(FlowState::Established);
    bench.expire(120);
    bench
        .table
        .get_mut(syn.flow)
        .unwrap()
        .set_state(FlowState::Closed);
    bench.expire(110);
    assert_eq!(bench.table.len(), 1);
    bench.expire(111);
    assert_eq!(bench.ended, [(1, EndReason::Timeout)]);
    assert_eq!(bench.table.counters().end_closed, 1);
}

#[test]
fn a_new_session_on_old_ports_is_a_new_flow() {
    let mut bench = Bench::new(FlowConfig::default());
    let first = bench
        .send(100, &tcp((CLIENT, 4000), (SERVER, 80), SYN))
        .unwrap();
    let second = bench
        .send_reused(101, &tcp((CLIENT, 4000), (SERVER, 80), SYN), true)
        .unwrap();
    assert!(second.is_new && first.flow != second.flow);
    assert_eq!(bench.ended, [(1, EndReason::TcpReuse)]);
    assert!(bench.table.get(first.flow).is_none());
    assert_eq!(bench.table.counters().tcp_reuse, 1);
}

#[test]
fn an_icmp_error_joins_the_flow_it_is_about() {
    let mut bench = Bench::new(FlowConfig::default());
    let datagram = udp((CLIENT, 4000), (SERVER, 53));
    let error = icmp(ROUTER, CLIENT, 3, &datagram);
    assert_eq!(bench.send(99, &error), Err(Untracked::ErrorWithoutFlow));
    let ask = bench.send(100, &datagram).unwrap();
    let joined = bench.send(100, &error).unwrap();
    assert_eq!(
        (joined.flow, joined.direction),
        (ask.flow, Direction::ToClient)
    );
    assert!(
        !joined.first_of_direction && !joined.established,
        "an error is no answer"
    );
    let exceeded = icmp(ROUTER, CLIENT, 11, &datagram);
    assert_eq!(bench.send(100, &exceeded), Err(Untracked::NoFlow));
}

#[test]
fn echo_and_reply_are_one_flow() {
    let mut bench = Bench::new(FlowConfig::default());
    let ask = bench.send(100, &icmp(CLIENT, SERVER, 8, &[])).unwrap();
    let reply = bench.send(100, &icmp(SERVER, CLIENT, 0, &[])).unwrap();
    assert_eq!(
        (reply.flow, reply.direction),
        (ask.flow, Direction::ToClient)
    );
    let other = bench
        .send(100, &icmp(CLIENT, SERVER, 13, &[0; 12]))
        .unwrap();
    assert_ne!(other.flow, ask.flow);
    let flow = bench.table.get(ask.flow).unwrap();
    assert_eq!(
        (flow.icmp_request(), flow.icmp_response()),
        ((8, 0), (0, 0))
    );
}

#[test]
fn swapping_exchanges_everything_that_has_a_side() {
    let mut bench = Bench::new(FlowConfig::default());
    let first = bench
        .send(100, &tcp((SERVER, 80), (CLIENT, 4000), SYN | ACK))
        .unwrap();
    bench.table.get_mut(first.flow).unwrap().swap();
    let flow = bench.table.get(first.flow).unwrap();
    assert_eq!(flow.client(), IpAddr::from(CLIENT));
    assert_eq!(flow.server_port(), 80);
    assert_eq!(flow.counts(Direction::ToClient).packets, 1);
    assert_eq!(
        flow.flags(),
        FlowFlags::REVERSED | FlowFlags::TO_CLIENT_SEEN
    );
    let next = bench
        .send(100, &tcp((CLIENT, 4000), (SERVER, 80), ACK))
        .unwrap();
    assert_eq!(
        (next.flow, next.direction),
        (first.flow, Direction::ToServer)
    );
}

#[test]
fn memory_has_a_ceiling() {
    let memcap = 200 << 10;
    let mut bench = Bench::new(FlowConfig {
        memcap,
        ..FlowConfig::default()
    });
    let mut refused = 0;
    for n in 0..5000u16 {
        let second = 100 + u64::from(n / 1000);
        match bench.send(second, &udp((CLIENT, n), (SERVER, 53))) {
            Ok(_) => {}
            Err(why) => {
                assert_eq!(why, Untracked::Memcap);
                refused += 1;
            }
        }
        assert!(bench.table.counters().memuse <= memcap);
    }
    let counters = bench.table.counters();
    assert!(bench.table.in_emergency());
    assert!(refused > 0 && counters.memcap == refused);
    assert!(counters.get_used > 0, "quiet flows gave way");
    assert!(
        bench
            .ended
            .iter()
            .all(|(_, why)| *why != EndReason::Shutdown)
    );
    bench.expire(1000);
    assert!(bench.table.is_empty() && !bench.table.in_emergency());
    assert_eq!(
        (
            counters.emergency_entered,
            bench.table.counters().emergency_over
        ),
        (1, 1)
    );
}

#[test]
fn a_heavy_flow_is_an_elephant() {
    let rate_tracking = Some(RateTracking {
        bytes: 64,
        interval: 10,
    });
    let mut bench = Bench::new(FlowConfig {
        rate_tracking,
        ..FlowConfig::default()
    });
    let first = bench.send(100, &udp((CLIENT, 4000), (SERVER, 53))).unwrap();
    assert!(!bench.table.get(first.flow).unwrap().is_elephant());
    bench.send(105, &udp((CLIENT, 4000), (SERVER, 53))).unwrap();
    assert_eq!(
        bench.table.get(first.flow).unwrap().flags() & FlowFlags::ELEPHANT_TO_CLIENT,
        FlowFlags::empty()
    );
    assert!(bench.table.get(first.flow).unwrap().is_elephant());
    let counters = bench.table.counters();
    assert_eq!(
        (
            counters.elephant,
            counters.elephant_to_server,
            counters.elephant_to_client
        ),
        (1, 1, 0)
    );
}

#[test]
fn an_idle_flow_is_small() {
    assert!(
        Slab::<Flow<()>>::SLOT_SIZE + size_of::<Entry>() <= 304,
        "{}",
        Slab::<Flow<()>>::SLOT_SIZE
    );
}

proptest! {
    /// Whatever comes, the counters agree with the flows, and each flow ends exactly once.
    #[test]
    fn every_flow_ends_once(steps in prop::collection::vec((0u16..6, any::<bool>(), 0u64..40), 1..120)) {
        let mut bench = Bench::new(FlowConfig::default());
        let mut now = 100;
        let mut begun = Vec::new();
        for (port, back, passed) in steps {
            now += passed;
            let (a, b) = ((CLIENT, port + 1), (SERVER, 53));
            let tracked = bench.send(now, &if back { udp(b, a) } else { udp(a, b) }).unwrap();
            if tracked.is_new {
                begun.push(bench.number);
            }
            bench.expire(now);
            prop_assert_eq!(bench.table.len() + bench.ended.len(), begun.len());
        }
        let ended = &mut bench.ended;
        bench.table.drain(|flow, why| ended.push((flow.first_packet(), why)));
        let mut numbers: Vec<_> = bench.ended.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        prop_assert_eq!(numbers, begun);
        prop_assert_eq!(bench.table.counters().active, 0);
    }
}
