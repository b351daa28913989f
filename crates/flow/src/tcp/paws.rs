//! Timestamps (RFC 7323): protection against wrapped sequence numbers, as the receiver's system applies it.

use super::engine::{Rejected, Turn, Verdict};
use super::session::{Session, SessionFlags, StreamFlags};
use super::{OsPolicy, StreamEvent};

/// A clock that ticks fastest runs half round in 24 days; older timestamps say nothing.
const SECONDS_OF_24_DAYS: u32 = 24 * 24 * 3600;

/// What is to be made of a timestamp.
struct Reading {
    /// Compare it with the last one.
    compare: bool,
    /// The sender's first timestamp was 0 and its receiver does not bother any more.
    give_up: bool,
    /// The sender's first timestamp was 0: from now on they count.
    begin: bool,
    /// Take it as the last one.
    take: bool,
}

impl Turn<'_> {
    /// Whether the receiver accepts the segment's timestamp, if the session uses them.
    #[inline]
    pub(crate) fn require_timestamp(&mut self, session: &mut Session) -> Verdict {
        if session.is(SessionFlags::TIMESTAMP) {
            self.check_timestamp(session, false)
        } else {
            Ok(())
        }
    }

    /// Notes the segment's timestamp, when the session uses them.
    #[inline]
    pub(crate) fn note_timestamp(&mut self, session: &mut Session) {
        if session.is(SessionFlags::TIMESTAMP) {
            // An unacceptable one is an event; what else becomes of the segment was decided before.
            let _ = self.check_timestamp(session, true);
        }
    }

    fn check_timestamp(&mut self, session: &mut Session, note: bool) -> Verdict {
        let policy = self.receiver_policy(session);
        let segment = self.segment;
        let Some((ts, _)) = segment.timestamps() else {
            if note && policy == OsPolicy::Solaris {
                session.flags.remove(SessionFlags::TIMESTAMP);
            }
            return Ok(());
        };
        let (sender, _) = session.ends(segment.dir);
        let is_next = sender.next_seq == segment.seq;
        let reading = read(policy, sender.is(StreamFlags::ZERO_TIMESTAMP), is_next);
        if note {
            if reading.begin {
                sender.flags.remove(StreamFlags::ZERO_TIMESTAMP);
            }
            if reading.take {
                sender.last_ts = ts;
            }
        }
        let last_ts = if reading.take { ts } else { sender.last_ts };
        let may_be_zero = matches!(
            policy,
            OsPolicy::OldLinux
                | OsPolicy::Windows
                | OsPolicy::Windows2k3
                | OsPolicy::Vista
                | OsPolicy::Solaris
        );
        if ts == 0 && !may_be_zero {
            if note && reading.give_up {
                session.flags.remove(SessionFlags::TIMESTAMP);
            }
            self.outcome.event(StreamEvent::PktInvalidTimestamp);
            return Err(Rejected);
        }
        let verdict = match reading.compare {
            true => self.compare_timestamp(session, ts, last_ts, policy, note),
            false => Ok(()),
        };
        if note && reading.give_up {
            session.flags.remove(SessionFlags::TIMESTAMP);
        }
        verdict
    }

    /// Compares a timestamp with the last one, and takes it over if it is to be noted and good.
    fn compare_timestamp(
        &mut self,
        session: &mut Session,
        ts: u32,
        last_ts: u32,
        policy: OsPolicy,
        note: bool,
    ) -> Verdict {
        let segment = self.segment;
        let is_midstream = session.is(SessionFlags::MIDSTREAM);
        let (sender, _) = session.ends(segment.dir);
        let is_next = sender.next_seq == segment.seq;
        let is_unset = sender.last_pkt_secs == 0 && is_midstream;
        let last_secs = if is_unset {
            segment.secs
        } else {
            sender.last_pkt_secs
        };
        if note {
            sender.last_pkt_secs = last_secs;
        }
        let slack = u32::from(policy == OsPolicy::Linux || self.engine.config.liberal_timestamps);
        let step = ts.wrapping_sub(last_ts).wrapping_add(slack) as i32;
        let is_stale = segment.secs > last_secs.wrapping_add(SECONDS_OF_24_DAYS);
        let is_good = step >= 0 && (sender.last_ts == 0 || !is_stale);
        // After so long a pause any timestamp is good where the sequence number is.
        let is_excused = is_next && is_stale;
        if !is_good && !is_excused {
            self.outcome.event(StreamEvent::PktInvalidTimestamp);
            return Err(Rejected);
        }
        if note {
            if is_next {
                sender.last_ts = ts;
            }
            sender.last_pkt_secs = segment.secs;
        }
        Ok(())
    }
}

fn read(policy: OsPolicy, began_with_zero: bool, is_next: bool) -> Reading {
    let mut reading = Reading {
        compare: true,
        give_up: false,
        begin: false,
        take: false,
    };
    if began_with_zero {
        match policy {
            OsPolicy::Linux | OsPolicy::Windows2k3 => {
                reading.give_up = true;
                reading.compare = false;
            }
            OsPolicy::OldLinux | OsPolicy::Windows | OsPolicy::Vista => {
                reading.begin = true;
                reading.take = is_next;
                reading.compare = !is_next;
            }
            _ => {}
        }
    }
    // HP-UX 11 does not look at timestamps of segments out of order.
    if policy == OsPolicy::HpUx11 && !is_next {
        reading.compare = false;
    }
    reading
}
