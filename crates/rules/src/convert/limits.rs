//! What a dialect cannot say at all.

use crate::diagnostic::{Code, Problem, Read};
use crate::keywords::{self, Kind, payload, response};
use crate::print::modifier_for;
use crate::tree::{Action, DetectionFilter, Index, IntegerOp, IntegerTest, Threshold, Track};
use crate::{Dialect, Opt, OptionKind, Rule};

/// Refuses a rule with something that a dialect lacks.
pub(super) fn check(rule: &Rule, to: Dialect) -> Read<()> {
    let lacking = |what: String| Err(Problem::new(Code::OtherDialect, rule.span, what));
    if to != Dialect::Suricata {
        if matches!(rule.action, Action::RejectDst | Action::RejectBoth) {
            let action = rule.action.name();
            return lacking(format!("{} has no action `{action}`", to.name()));
        }
        if rule.scope.is_some() {
            return lacking(format!("actions of {} have no reach", to.name()));
        }
        if rule.header.protocol.hook.is_some() {
            return lacking(format!("{} has no hooks", to.name()));
        }
    }
    for option in &rule.options {
        check_keyword(rule, option, to)?;
        if to != Dialect::Suricata {
            check_argument(option, to)?;
        }
    }
    Ok(())
}

/// Whether a dialect has the keyword of an option.
fn check_keyword(rule: &Rule, option: &Opt, to: Dialect) -> Read<()> {
    let keyword = option.keyword;
    let row = keyword.row();
    if let (OptionKind::BufferPart(_, part), true) = (&option.kind, to != Dialect::Snort3)
        && keyword != keywords::flow::FRAME
    {
        let what = format!("{} has no buffer for `{part}` of `{}`", to.name(), row.name);
        return Err(Problem::new(Code::OtherDialect, option.span, what));
    }
    let is_known = row.name_in(to).is_some()
        || (to == Dialect::Snort2 && modifier_for(keyword).is_some())
        // Without sticky buffers there is nothing to come back to.
        || keyword == payload::PKT_DATA
        || matches!(option.kind, OptionKind::NoAlert);
    if is_known {
        return Ok(());
    }
    let what = match row.kind {
        Kind::Buffer => "buffer",
        _ => "keyword",
    };
    let problem = Problem::new(
        Code::OtherDialect,
        option.span,
        format!("{} has no {what} `{}`", to.name(), row.name),
    );
    Err(match &option.kind {
        OptionKind::Threshold(threshold) if keyword == response::THRESHOLD => {
            problem.help(event_filter(rule, threshold))
        }
        _ => problem,
    })
}

/// What to write in the configuration of Snort 3, which has the limits of alerts there.
fn event_filter(rule: &Rule, threshold: &Threshold) -> String {
    use crate::tree::ThresholdKind::{Backoff, Both, Limit, Threshold};
    let kind = match threshold.kind {
        Limit => "limit",
        Threshold => "threshold",
        Both => "both",
        Backoff { .. } => return "Snort 3 has no limit of this type".into(),
    };
    format!(
        "limits stand in its configuration: event_filter = {{ {{ gid = {}, sid = {}, type = '{kind}', track = '{}', count = {}, seconds = {} }} }}",
        rule.gid,
        rule.sid,
        threshold.track.name(),
        threshold.count,
        threshold.seconds
    )
}

/// Whether Snort can say what an option that it has is about.
fn check_argument(option: &Opt, to: Dialect) -> Read<()> {
    let is_sayable = match &option.kind {
        OptionKind::Integer(test) => is_plain(test),
        OptionKind::Bsize(size) => is_plain(&size.test) && size.variable.is_none(),
        OptionKind::UriLen(length) => is_plain(&length.test),
        OptionKind::Pcre(pcre) => pcre.captures.is_empty(),
        OptionKind::DetectionFilter(filter) => is_by_host(filter),
        OptionKind::Threshold(threshold) => matches!(threshold.track, Track::BySrc | Track::ByDst),
        _ => true,
    };
    match is_sayable {
        true => Ok(()),
        false => Err(Problem::new(
            Code::OtherDialect,
            option.span,
            format!(
                "`{}` of {} has no such argument",
                option
                    .keyword
                    .row()
                    .name_in(to)
                    .unwrap_or(option.keyword.name()),
                to.name()
            ),
        )),
    }
}

fn is_plain(test: &IntegerTest) -> bool {
    test.index == Index::Any
        && test.slice.is_none()
        && !matches!(
            test.op,
            IntegerOp::NotBetween | IntegerOp::Masked | IntegerOp::NotMasked
        )
}

fn is_by_host(filter: &DetectionFilter) -> bool {
    matches!(filter.track, Track::BySrc | Track::ByDst) && filter.unique_on.is_none()
}
