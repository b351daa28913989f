//! What a replay says about itself at its end.

use std::time::Duration;

use crate::event::RuleMeta;

/// Rules shown with their counts.
const TOP_RULES: usize = 10;
/// Reasons shown for what was not decoded.
const TOP_REASONS: usize = 10;

/// Totals of a run.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Captures replayed.
    pub files: u64,
    /// Packets read.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Flows seen.
    pub flows: u64,
    /// Alerts by rule, any order.
    pub alerts: Vec<RuleCount>,
    /// Packets dropped by rules or policies, or that would have been.
    pub drops: u64,
    /// Packets the kernel dropped before they could be read.
    pub kernel_drops: u64,
    /// Packets not decoded, by reason, any order.
    pub undecoded: Vec<(String, u64)>,
    /// Records that could not be written.
    pub lost_records: u64,
    /// Flows set aside after a fault in their inspection.
    pub faults: u64,
    /// How long it took; zero leaves out the rate.
    pub elapsed: Duration,
}

/// Alerts of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    /// Generator id.
    pub gid: u32,
    /// Signature id.
    pub sid: u32,
    /// Message.
    pub msg: String,
    /// How often it alerted.
    pub count: u64,
}

impl RuleCount {
    /// The count of a rule.
    pub fn of(rule: &RuleMeta, count: u64) -> Self {
        Self {
            gid: rule.gid,
            sid: rule.sid,
            msg: rule.msg.clone(),
            count,
        }
    }
}

impl Summary {
    /// The text, some lines with a line end each.
    pub fn render(&self) -> String {
        let mut lines = vec![self.traffic()];
        if !self.elapsed.is_zero() {
            lines.push(self.rate());
        }
        lines.extend(self.alert_lines());
        let counts = [
            (self.drops, "packet", "dropped by rules or policies"),
            (
                self.kernel_drops,
                "packet",
                "dropped by the kernel before they could be read",
            ),
            (self.faults, "flow", "set aside after a fault in the engine"),
            (self.lost_records, "record", "that could not be written"),
        ];
        for (count, what, how) in counts {
            if count > 0 {
                lines.push(format!("{} {how}", counted(count, what)));
            }
        }
        lines.extend(self.undecoded_lines());
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn traffic(&self) -> String {
        let files = if self.files > 1 {
            format!(" in {}", counted(self.files, "file"))
        } else {
            String::new()
        };
        format!(
            "{}, {}, {}{files}",
            counted(self.packets, "packet"),
            size(self.bytes),
            counted(self.flows, "flow")
        )
    }

    fn rate(&self) -> String {
        let seconds = self.elapsed.as_secs_f64();
        let packets = (self.packets as f64 / seconds) as u64;
        let bits = self.bytes as f64 * 8.0 / seconds;
        let rate = match bits {
            b if b >= 1e9 => format!("{:.2} Gbit/s", b / 1e9),
            b if b >= 1e6 => format!("{:.1} Mbit/s", b / 1e6),
            b => format!("{:.0} kbit/s", b / 1e3),
        };
        format!("{seconds:.2} s, {} packets/s, {rate}", grouped(packets))
    }

    fn alert_lines(&self) -> Vec<String> {
        let total: u64 = self.alerts.iter().map(|rule| rule.count).sum();
        let mut rules: Vec<&RuleCount> = self.alerts.iter().filter(|rule| rule.count > 0).collect();
        if rules.is_empty() {
            return vec!["no alerts".to_owned()];
        }
        rules.sort_by(|a, b| {
            b.count
                .cmp(&a.count)
                .then((a.gid, a.sid).cmp(&(b.gid, b.sid)))
        });
        let rules_text = counted(rules.len() as u64, "rule");
        let mut lines = vec![format!("{} of {rules_text}", counted(total, "alert"))];
        let shown = rules.iter().take(TOP_RULES);
        let width = shown
            .clone()
            .map(|rule| grouped(rule.count).len())
            .max()
            .unwrap_or(0);
        for rule in shown {
            let count = grouped(rule.count);
            lines.push(format!(
                "  {count:>width$}  {}:{}  {}",
                rule.gid, rule.sid, rule.msg
            ));
        }
        if rules.len() > TOP_RULES {
            let rest: u64 = rules.iter().skip(TOP_RULES).map(|rule| rule.count).sum();
            let others = counted((rules.len() - TOP_RULES) as u64, "further rule");
            lines.push(format!("  {:>width$}  of {others}", grouped(rest)));
        }
        lines
    }

    fn undecoded_lines(&self) -> Vec<String> {
        let mut reasons: Vec<&(String, u64)> = self
            .undecoded
            .iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        if reasons.is_empty() {
            return Vec::new();
        }
        reasons.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let total: u64 = reasons.iter().map(|(_, count)| count).sum();
        let mut lines = vec![format!("{} not decoded", counted(total, "packet"))];
        let shown = reasons.iter().take(TOP_REASONS);
        let width = shown
            .clone()
            .map(|(_, count)| grouped(*count).len())
            .max()
            .unwrap_or(0);
        lines.extend(
            shown.map(|(reason, count)| format!("  {:>width$}  {reason}", grouped(*count))),
        );
        let rest: u64 = reasons
            .iter()
            .skip(TOP_REASONS)
            .map(|(_, count)| count)
            .sum();
        if rest > 0 {
            lines.push(format!("  {:>width$}  for other reasons", grouped(rest)));
        }
        lines
    }
}

/// `1 packet`, `1,234 packets`.
fn counted(count: u64, what: &str) -> String {
    format!(
        "{} {what}{}",
        grouped(count),
        if count == 1 { "" } else { "s" }
    )
}

/// A number with its thousands set apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return counted(bytes, "byte");
    }
    let mut value = bytes as f64;
    let mut unit = "";
    for next in UNITS {
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_run() {
        let summary = Summary {
            packets: 1,
            bytes: 60,
            flows: 1,
            ..Summary::default()
        };
        assert_eq!(summary.render(), "1 packet, 60 bytes, 1 flow\nno alerts\n");
    }

    #[test]
    fn a_run_with_everything() {
        let alerts = (0..12).map(|n| RuleCount {
            gid: 1,
            sid: 100 + n,
            msg: format!("rule {n}"),
            count: 1200 / (u64::from(n) + 1),
        });
        let summary = Summary {
            files: 2,
            packets: 683_748,
            bytes: 250_000_000,
            flows: 30_001,
            alerts: alerts.collect(),
            drops: 3,
            kernel_drops: 0,
            undecoded: vec![
                ("ipv4.trunc_pkt".to_owned(), 4),
                ("ethernet.pkt_too_small".to_owned(), 12),
            ],
            lost_records: 1,
            faults: 0,
            elapsed: Duration::from_millis(2500),
        };
        insta::assert_snapshot!(summary.render(), @r"
        683,748 packets, 250.0 MB, 30,001 flows in 2 files
        2.50 s, 273,499 packets/s, 800.0 Mbit/s
        3,723 alerts of 12 rules
          1,200  1:100  rule 0
            600  1:101  rule 1
            400  1:102  rule 2
            300  1:103  rule 3
            240  1:104  rule 4
            200  1:105  rule 5
            171  1:106  rule 6
            150  1:107  rule 7
            133  1:108  rule 8
            120  1:109  rule 9
            209  of 2 further rules
        3 packets dropped by rules or policies
        1 record that could not be written
        16 packets not decoded
          12  ethernet.pkt_too_small
           4  ipv4.trunc_pkt
        ");
    }

    #[test]
    fn sizes_round_to_the_next_unit() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1_000), "1.0 KB");
        assert_eq!(size(999_960), "1.0 MB");
    }
}
