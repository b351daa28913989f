//! A profile as tables for people.

use std::fmt::Write as _;

use crate::profile::Profile;
use crate::view::View;

impl Profile {
    /// Tables: the parts of the work, the rules, the buffers and the pattern sets.
    pub fn text(self, view: View) -> String {
        let tried = self
            .rules
            .iter()
            .filter(|row| row.figures.checks > 0)
            .count();
        let (loaded, sets) = (self.loaded, self.sets.len());
        let seen = self.seen(view);
        let mut out = String::new();
        seen.work(&mut out);
        let _ = writeln!(
            out,
            "\nRules by {}: {} of {tried} that were tried, {loaded} loaded",
            view.sort.name(),
            seen.rules.len().min(tried),
        );
        seen.rule_table(&mut out);
        let _ = writeln!(out, "\nBuffers in which literals are looked for");
        seen.buffer_table(&mut out);
        let _ = writeln!(out, "\nPattern sets: {} of {sets}", seen.sets.len());
        seen.set_table(&mut out);
        out
    }

    fn work(&self, out: &mut String) {
        let measuring = self.stretches.saturating_mul(self.clock);
        let _ = writeln!(
            out,
            "Inspection of {} frames took {} us, without {} us for measuring ({} stretches, {} ns each).",
            self.frames,
            micros(self.total),
            micros(measuring),
            self.stretches,
            self.clock
        );
        let _ = writeln!(
            out,
            "\n{:>14} {:>7} {:>10}  work",
            "time us", "share", "times"
        );
        for row in &self.parts {
            let _ = writeln!(
                out,
                "{:>14} {:>6.1}% {:>10}  {}",
                micros(row.time),
                self.percent(row.time),
                row.times,
                row.name
            );
        }
    }

    fn rule_table(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "{:>12} {:>7} {:>9} {:>9} {:>9} {:>10} {:>12} {:>9} {:>9}  rule",
            "time us",
            "share",
            "checks",
            "matches",
            "us/check",
            "longest",
            "misses us",
            "hits",
            "in vain"
        );
        for row in &self.rules {
            let of = &row.figures;
            let _ = writeln!(
                out,
                "{:>12} {:>6.1}% {:>9} {:>9} {:>9} {:>10} {:>12} {:>9} {:>9}  {}:{}:{} {}",
                micros(row.time),
                self.percent(row.time),
                of.checks,
                of.matches,
                micros(row.mean()),
                micros(row.longest),
                micros(row.misses),
                of.hits,
                of.in_vain,
                row.gid,
                row.sid,
                row.rev,
                row.msg
            );
        }
    }

    fn buffer_table(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "{:>12} {:>12} {:>7} {:>9} {:>12} {:>9} {:>9}  buffer",
            "making us", "scanning us", "share", "scans", "bytes", "hits", "named"
        );
        for row in &self.buffers {
            let of = &row.figures;
            let _ = writeln!(
                out,
                "{:>12} {:>12} {:>6.1}% {:>9} {:>12} {:>9} {:>9}  {}",
                micros(row.making),
                micros(row.scanning),
                self.percent(row.making.saturating_add(row.scanning)),
                of.scans,
                of.bytes,
                of.hits,
                of.named,
                row.buffer
            );
        }
    }

    fn set_table(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "{:>12} {:>12} {:>9} {:>12} {:>9} {:>9} {:>9} {:>7}  set",
            "making us", "scanning us", "scans", "bytes", "hits", "named", "patterns", "rules"
        );
        for row in &self.sets {
            let of = &row.figures;
            let transforms = match row.facts.transforms {
                0 => String::new(),
                1 => ", 1 transform".to_owned(),
                count => format!(", {count} transforms"),
            };
            let _ = writeln!(
                out,
                "{:>12} {:>12} {:>9} {:>12} {:>9} {:>9} {:>9} {:>7}  {} {}{transforms}",
                micros(row.making),
                micros(row.scanning),
                of.scans,
                of.bytes,
                of.hits,
                of.named,
                row.facts.patterns,
                row.facts.rules,
                row.facts.buffer,
                row.direction(),
            );
        }
    }
}

/// Nanoseconds as microseconds, with one digit behind the point.
fn micros(nanos: u64) -> String {
    format!("{:.1}", nanos as f64 / 1000.0)
}
