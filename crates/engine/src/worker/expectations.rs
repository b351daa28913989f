//! Flows that other flows have announced, such as those that carry the files of FTP.

use std::collections::VecDeque;
use std::net::IpAddr;

use tapir_packet::{Direction, Timestamp};
use tapir_protocols::ExpectedFlow;

use super::FlowOf;

/// Announcements beyond so many push out the oldest.
const MAX: usize = 1024;
/// Seconds after which an announcement is forgotten.
const PATIENCE: u64 = 30;

/// The announcements that have not come true.
#[derive(Debug, Default)]
pub(super) struct Expectations(VecDeque<Expectation>);

#[derive(Debug)]
struct Expectation {
    client: IpAddr,
    server: IpAddr,
    flow: ExpectedFlow,
    since: Timestamp,
}

impl Expectations {
    /// Whether nothing is announced.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes what a flow announces.
    pub(super) fn add(&mut self, by: &FlowOf, flow: ExpectedFlow, now: Timestamp) {
        let (client, server) = match flow.listener {
            Direction::ToServer => (by.client(), by.server()),
            Direction::ToClient => (by.server(), by.client()),
        };
        if self.0.len() >= MAX {
            self.0.pop_front();
        }
        self.0.push_back(Expectation {
            client,
            server,
            flow,
            since: now,
        });
    }

    /// Takes out what was announced of a new flow.
    pub(super) fn take(&mut self, flow: &FlowOf, now: Timestamp) -> Option<ExpectedFlow> {
        while self
            .0
            .front()
            .is_some_and(|oldest| now.secs().saturating_sub(oldest.since.secs()) > PATIENCE)
        {
            self.0.pop_front();
        }
        let place = self.0.iter().position(|expected| {
            expected.flow.port == flow.server_port()
                && expected.server == flow.server()
                && expected.client == flow.client()
        })?;
        self.0.remove(place).map(|expected| expected.flow)
    }
}
