//! A profile as JSON for machines. Times are in microseconds.

use serde_json::{Value, json};

use crate::profile::Profile;
use crate::view::View;

impl Profile {
    /// All rows that are to be seen.
    pub fn json(self, view: View) -> Value {
        let (tried, loaded) = (self.rules.len(), self.loaded);
        let seen = self.seen(view);
        json!({
            "frames": seen.frames,
            "time_us": micros(seen.total),
            "clock": {
                "stretches": seen.stretches,
                "stretch_ns": seen.clock,
                "time_us": micros(seen.stretches.saturating_mul(seen.clock)),
            },
            "rules_loaded": loaded,
            "rules_seen": tried,
            "parts": seen.part_values(),
            "rules": seen.rule_values(),
            "buffers": seen.buffer_values(),
            "pattern_sets": seen.set_values(),
        })
    }

    fn part_values(&self) -> Vec<Value> {
        let rows = self.parts.iter().map(|row| {
            json!({
                "part": row.name,
                "times": row.times,
                "time_us": micros(row.time),
                "share_percent": self.percent(row.time),
            })
        });
        rows.collect()
    }

    fn rule_values(&self) -> Vec<Value> {
        let rows = self.rules.iter().map(|row| {
            json!({
                "gid": row.gid,
                "sid": row.sid,
                "rev": row.rev,
                "msg": row.msg,
                "checks": row.figures.checks,
                "matches": row.figures.matches,
                "hits": row.figures.hits,
                "hits_in_vain": row.figures.in_vain,
                "time_us": micros(row.time),
                "share_percent": self.percent(row.time),
                "mean_us": micros(row.mean()),
                "longest_us": micros(row.longest),
                "misses_us": micros(row.misses),
            })
        });
        rows.collect()
    }

    fn buffer_values(&self) -> Vec<Value> {
        let rows = self.buffers.iter().map(|row| {
            json!({
                "buffer": row.buffer,
                "pattern_sets": row.sets,
                "scans": row.figures.scans,
                "bytes": row.figures.bytes,
                "hits": row.figures.hits,
                "rules_named": row.figures.named,
                "making_us": micros(row.making),
                "scanning_us": micros(row.scanning),
            })
        });
        rows.collect()
    }

    fn set_values(&self) -> Vec<Value> {
        let rows = self.sets.iter().map(|row| {
            json!({
                "buffer": row.facts.buffer,
                "direction": row.direction(),
                "transforms": row.facts.transforms,
                "patterns": row.facts.patterns,
                "rules": row.facts.rules,
                "scans": row.figures.scans,
                "bytes": row.figures.bytes,
                "hits": row.figures.hits,
                "rules_named": row.figures.named,
                "making_us": micros(row.making),
                "scanning_us": micros(row.scanning),
            })
        });
        rows.collect()
    }
}

fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1000.0
}
