//! `threshold.config`: limits on the alerts of rules, apart from the rules.

use super::lines::{bad_line, each_line};
use crate::diagnostic::{Code, Read};
use crate::parse::arg::Arg;
use crate::parse::{endpoint, threshold, track};
use crate::tree::{Action, AddressExpr, Threshold, Track};
use crate::{Diagnostic, Source};

/// A limit on the alerts of one rule, of a generator, or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Generator, `None` for all (`gen_id 0`).
    pub gid: Option<u32>,
    /// Rule, `None` for all of the generator (`sig_id 0`).
    pub sid: Option<u32>,
    /// What it does.
    pub kind: LimitKind,
    /// The line, counted from one.
    pub line: u32,
}

/// What a limit does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// `threshold`, `event_filter`: how often the rule alerts, in place of what the rule says.
    Threshold(Threshold),
    /// `rate_filter`: another action for a rule that matches too often.
    Rate(RateFilter),
    /// `suppress`: no alert at all, or none for these addresses.
    Suppress(Option<(Track, AddressExpr)>),
}

/// A `rate_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateFilter {
    /// What is counted together.
    pub track: Track,
    /// How many matches.
    pub count: u32,
    /// In how many seconds.
    pub seconds: u32,
    /// What the rule then does.
    pub new_action: Action,
    /// For how many seconds.
    pub timeout: u32,
}

/// First words of lines that belong to a `snort.conf` and say nothing about limits.
const OTHER: [&str; 11] = [
    "var",
    "ipvar",
    "portvar",
    "include",
    "config",
    "preprocessor",
    "dynamicpreprocessor",
    "dynamicengine",
    "dynamicdetection",
    "output",
    "ruletype",
];

/// Reads the limits of a file, also those in the middle of a `snort.conf`. Diagnostics have the source number
/// zero.
pub fn parse_thresholds(source: &Source) -> (Vec<Limit>, Vec<Diagnostic>) {
    let mut limits = Vec::new();
    let diagnostics = each_line(source, |line, number| {
        let (word, rest) = line.word();
        let kind = word.text.trim_end_matches(':');
        if OTHER.contains(&kind) {
            return Ok(());
        }
        if !matches!(
            kind,
            "suppress" | "threshold" | "event_filter" | "rate_filter"
        ) {
            return Err(bad_line(
                line,
                "suppress|threshold|event_filter|rate_filter gen_id GID, sig_id SID, ...",
            ));
        }
        // The word may stand twice: `rate_filter: rate_filter gen_id ...`.
        let rest = rest.strip(kind).map_or(rest, Arg::trim);
        limits.push(limit(kind, rest, number)?);
        Ok(())
    });
    (limits, diagnostics)
}

fn limit(word: &str, arg: Arg<'_>, line: u32) -> Read<Limit> {
    let (ids, settings) = ids(arg)?;
    let (gid, sid) = ids;
    let kind = match word {
        "suppress" => LimitKind::Suppress(suppression(settings)?),
        "rate_filter" => LimitKind::Rate(rate_filter(settings)?),
        _ => LimitKind::Threshold(threshold(settings)?),
    };
    if gid == 0 && sid != 0 {
        return Err(arg.problem(
            Code::Contradiction,
            "`gen_id 0` means all rules, and `sig_id` one",
        ));
    }
    Ok(Limit {
        gid: (gid != 0).then_some(gid),
        sid: (sid != 0).then_some(sid),
        kind,
        line,
    })
}

/// Reads `gen_id GID, sig_id SID` and gives what follows.
fn ids(arg: Arg<'_>) -> Read<((u32, u32), Arg<'_>)> {
    let (mut gid, mut sid, mut rest) = (None, None, arg);
    while gid.is_none() || sid.is_none() {
        let (part, after) = rest
            .split_once(',')
            .unwrap_or((rest, Arg::new("", rest.span().end)));
        let (key, value) = part.word();
        match key.text {
            "gen_id" => gid = Some(value.u32()?),
            "sig_id" => sid = Some(value.u32()?),
            _ => return Err(part.expected("`gen_id` and `sig_id` with their numbers")),
        }
        rest = after;
    }
    Ok(((gid.unwrap_or(0), sid.unwrap_or(0)), rest))
}

fn suppression(arg: Arg<'_>) -> Read<Option<(Track, AddressExpr)>> {
    if arg.is_empty() {
        return Ok(None);
    }
    let (by, ip) = arg
        .split_once(',')
        .ok_or_else(|| arg.expected("`track by_src, ip ADDRESS`"))?;
    let by = by
        .strip("track")
        .ok_or_else(|| by.expected("`track`"))?
        .trim();
    let by = match by.text {
        "by_src" => Track::BySrc,
        "by_dst" => Track::ByDst,
        "by_either" => Track::ByEither,
        _ => return Err(by.expected("`by_src`, `by_dst` or `by_either`")),
    };
    let ip = ip
        .strip("ip")
        .ok_or_else(|| ip.expected("`ip` and addresses"))?
        .trim();
    Ok(Some((by, endpoint::addresses(ip)?)))
}

fn rate_filter(arg: Arg<'_>) -> Read<RateFilter> {
    let (mut by, mut count, mut seconds, mut new_action, mut timeout) =
        (None, None, None, None, None);
    for part in arg.split(',') {
        let (key, value) = part.word();
        match key.text {
            "track" => by = Some(track(value)?),
            "count" => count = Some(value.u32()?),
            "seconds" => seconds = Some(value.u32()?),
            "timeout" => timeout = Some(value.u32()?),
            "new_action" => {
                new_action = Some(match value.text {
                    "alert" => Action::Alert,
                    "drop" => Action::Drop,
                    "pass" => Action::Pass,
                    "reject" => Action::Reject,
                    "log" => Action::Log,
                    "sdrop" => Action::SilentDrop,
                    _ => {
                        return Err(
                            value.expected("`alert`, `drop`, `pass`, `reject`, `log` or `sdrop`")
                        );
                    }
                });
            }
            _ => {
                return Err(part.expected("`track`, `count`, `seconds`, `new_action` or `timeout`"));
            }
        }
    }
    let missing = |what: &str| arg.problem(Code::BadArgument, format!("`{what}` is missing"));
    let filter = RateFilter {
        track: by.ok_or_else(|| missing("track"))?,
        count: count.ok_or_else(|| missing("count"))?,
        seconds: seconds.ok_or_else(|| missing("seconds"))?,
        new_action: new_action.ok_or_else(|| missing("new_action"))?,
        timeout: timeout.ok_or_else(|| missing("timeout"))?,
    };
    if filter.count == 0 || filter.seconds == 0 {
        return Err(arg.problem(Code::OutOfRange, "count and seconds are at least 1"));
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::ThresholdKind;

    fn parse(text: &str) -> (Vec<Limit>, Vec<Code>) {
        let (limits, diagnostics) = parse_thresholds(&Source::new("t", text.as_bytes()));
        (
            limits,
            diagnostics
                .into_iter()
                .map(|diagnostic| diagnostic.code)
                .collect(),
        )
    }

    #[test]
    fn each_form() {
        let (limits, codes) = parse(
            "suppress gen_id 0, sig_id 0, track by_src, ip [10.0.0.0/8,!$X]\n\
             suppress gen_id 1, sig_id 2002087\n\
             threshold gen_id 1, sig_id 10, type both, \\\n   track by_flow, count 5, seconds 60\n\
             event_filter gen_id 1, sig_id 11, type limit, track by_src, count 1, seconds 60\n\
             rate_filter: rate_filter gen_id 1, sig_id 12, track by_rule, count 100, seconds 60, new_action drop, timeout 30\n",
        );
        assert_eq!(codes, []);
        assert!(matches!(
            &limits[0],
            Limit {
                gid: None,
                sid: None,
                kind: LimitKind::Suppress(Some((Track::BySrc, AddressExpr::List(_)))),
                ..
            }
        ));
        assert!(matches!(limits[1].kind, LimitKind::Suppress(None)));
        assert!(
            matches!(&limits[2].kind, LimitKind::Threshold(threshold) if threshold.kind == ThresholdKind::Both)
        );
        assert_eq!(limits[3].line, 5);
        assert!(
            matches!(&limits[4].kind, LimitKind::Rate(filter) if filter.new_action == Action::Drop)
        );
    }

    #[test]
    fn mistakes() {
        let (limits, codes) = parse(
            "this is not correct\nsuppress gen_id 1\nsuppress gen_id 1, sig_id 1, track by_rule, ip 1.2.3.4\n",
        );
        assert_eq!(
            (limits.len(), codes),
            (0, vec![Code::BadLine, Code::BadArgument, Code::BadArgument])
        );
    }
}
