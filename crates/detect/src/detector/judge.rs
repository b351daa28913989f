//! Who has the last word on alerts.

use crate::alert::{Alert, PacketVerdict};
use crate::arbiter::{Arbiter, PacketFacts, Ruling};
use crate::context::PacketContext;
use crate::host_condition::HostPart;
use crate::recorder::{Fate, Recorder};
use crate::rule_set::RuleSet;

/// Has the last word on alerts, or leaves it to somebody else.
pub(super) trait Judge {
    /// Whether what the rule asks beyond its flow holds.
    fn host_part(&mut self, part: &HostPart, alert: &mut Alert) -> bool;
    /// Takes out what is not to be handed on, and says what becomes of the packet.
    fn finish<R: Recorder>(&mut self, alerts: &mut Vec<Alert>, recorder: &mut R) -> PacketVerdict;
}

/// For one worker among several: what crosses flows is left open.
pub(super) struct Deferred<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) context: &'a PacketContext<'a>,
}

impl Judge for Deferred<'_> {
    fn host_part(&mut self, _: &HostPart, _: &mut Alert) -> bool {
        true
    }

    /// The verdict is worked out on copies of what decides it; alerts go on to the arbiter, but for those that it has
    /// no say in and nobody would see.
    fn finish<R: Recorder>(&mut self, alerts: &mut Vec<Alert>, recorder: &mut R) -> PacketVerdict {
        let mut verdict = PacketVerdict::default();
        let mut passed = None;
        let mut tell = |rule, fate| {
            if R::ENABLED {
                recorder.ruled(&self.context.facts(), rule, fate);
            }
        };
        alerts.retain_mut(|alert| {
            if let Some(by) = passed {
                tell(alert.rule, Fate::Passed(by));
                return false;
            }
            self.rules.carry_out(alert, &mut verdict);
            passed = self.rules.ends_here(alert).then_some(alert.rule);
            let kept = self.rules.is_for_arbiter(alert);
            if !kept {
                tell(alert.rule, Fate::Unseen);
            }
            verdict.suppressed += u32::from(!kept);
            kept
        });
        verdict
    }
}

/// For the only worker.
pub(super) struct Alone<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) arbiter: &'a mut Arbiter,
    pub(super) facts: &'a PacketFacts,
}

impl Judge for Alone<'_> {
    fn host_part(&mut self, part: &HostPart, alert: &mut Alert) -> bool {
        self.arbiter
            .settle_host_part(self.rules, part, self.facts, alert)
    }

    fn finish<R: Recorder>(&mut self, alerts: &mut Vec<Alert>, recorder: &mut R) -> PacketVerdict {
        self.rules
            .finish(self.facts, alerts, recorder, |alert| -> Ruling {
                self.arbiter.rule_on(self.facts, alert)
            })
    }
}
