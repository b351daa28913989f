//! Rules in the spelling of another dialect.
//!
//! A rule is written in the other dialect and read again there. What cannot be read so, or reads as another rule, is
//! refused: nothing is said approximately.

mod buffer;
mod equivalents;
mod limits;
mod range;

use crate::diagnostic::{Code, Problem, Read};
use crate::keywords::{KeywordId, app_protocol, app_protocol_in, meta, response};
use crate::rewrite::{Rewritten, Unread, Written, dialect_of, read_one, rewrite};
use crate::tree::{
    Action, AddressExpr, HeaderForm, PortExpr, ProtocolName, RuleDirection, metadata_pairs,
};
use crate::{Dialect, Opt, OptionKind, Rule, Source, Span};

/// Protocols that TCP alone carries. Rules of Snort 2 name the transport and leave the rest to its ports and metadata.
const OVER_TCP: [&str; 14] = [
    "http", "http1", "tls", "ssh", "smtp", "ftp", "ftp-data", "smb", "imap", "pop3", "telnet",
    "rdp", "pgsql", "rfb",
];

/// Writes the rules of a source in another dialect, those commented out too. A rule that cannot be said there becomes a
/// comment with the reason above it.
///
/// ```
/// use tapir_rules::{Dialect, Source, convert};
///
/// let text = r#"alert tcp any any -> any 80 (content:"/a"; http_uri; nocase; sid:1;)"#;
/// let source = Source::new("a", text.as_bytes());
/// let converted = convert(&source, Some(Dialect::Snort2), Dialect::Snort3);
/// assert_eq!(
///     String::from_utf8(converted.text).unwrap(),
///     "alert tcp any any -> any 80 ( http_uri; content:\"/a\",nocase; sid:1; )\n"
/// );
/// ```
pub fn convert(source: &Source, from: Option<Dialect>, to: Dialect) -> Rewritten {
    let from = dialect_of(source, from);
    rewrite(
        source,
        from,
        Unread::CommentedOut,
        |raw, rule| match in_dialect(rule, to) {
            Ok(text) => Written::text(text),
            Err(problem) => {
                let original = String::from_utf8_lossy(&raw.text);
                let line: Vec<&str> = original.split_whitespace().collect();
                let comment = if raw.enabled { "# " } else { " " };
                Written {
                    text: Some(format!(
                        "# not converted: {}\n{comment}{}",
                        problem.message,
                        line.join(" ")
                    )),
                    problem: Some(problem),
                }
            }
        },
    )
}

/// The text of a rule in a dialect.
fn in_dialect(rule: &Rule, to: Dialect) -> Read<String> {
    let rule = &adapted(rule, to)?;
    limits::check(rule, to)?;
    let text = rule.line(to);
    match read_one(&text, to) {
        Ok(again) if again.says_the_same(rule) => Ok(text),
        Ok(again) => Err(Problem::new(
            Code::OtherDialect,
            rule.first_difference(&again),
            format!(
                "in the spelling of {} it would not mean the same",
                to.name()
            ),
        )),
        Err(problem) => {
            let place = problem
                .as_ref()
                .and_then(|problem| rule.option_at(problem.span.start as usize, &text, to));
            let why = problem.map_or_else(String::new, |problem| format!(": {}", problem.message));
            let message = format!("{} cannot say this{why}", to.name());
            let place = place.unwrap_or(rule.span);
            Err(Problem::new(Code::OtherDialect, place, message))
        }
    }
}

/// The rule with the header and the services that a dialect has.
fn adapted(rule: &Rule, to: Dialect) -> Read<Rule> {
    let mut rule = rule.clone();
    let from = std::mem::replace(&mut rule.dialect, to);
    if from == to {
        return Ok(rule);
    }
    if to == Dialect::Suricata {
        write_action(&mut rule);
    }
    equivalents::replace(&mut rule, from, to);
    let mut services = take_services(&mut rule);
    if to != Dialect::Snort3 {
        write_header(&mut rule, &services, to)?;
    }
    if let ProtocolName::App(name) = rule.header.protocol.name {
        rule.header.protocol.name = protocol(&mut services, name, to, rule.header.span)?;
    }
    put_services(&mut rule, services, to);
    Ok(rule)
}

/// Says actions of Snort by those of Suricata, where a drop is one of the whole flow.
fn write_action(rule: &mut Rule) {
    match rule.action {
        Action::Block => rule.action = Action::Drop,
        Action::SilentDrop => {
            rule.action = Action::Drop;
            let option = made(response::NOALERT, rule.span, OptionKind::NoAlert);
            rule.options.push(option);
        }
        _ => {}
    }
}

/// Takes what a rule says of services out: of the keyword, or of `metadata`.
fn take_services(rule: &mut Rule) -> Vec<Box<str>> {
    let mut services: Vec<Box<str>> = Vec::new();
    rule.options.retain_mut(|option| match &mut option.kind {
        OptionKind::Service(names) => {
            services.extend(names.iter().cloned());
            false
        }
        OptionKind::Metadata(text) => {
            let is_service = |pair: &(&str, &str)| pair.0 == "service" && !pair.1.is_empty();
            let named = metadata_pairs(text).filter(is_service);
            let named: Vec<Box<str>> = named
                .map(|(_, name)| app_protocol(name).unwrap_or(name).into())
                .collect();
            if named.is_empty() {
                return true;
            }
            services.extend(named);
            let others = metadata_pairs(text).filter(|pair| !is_service(pair));
            let others: Vec<String> = others
                .map(|(key, value)| format!("{key} {value}"))
                .collect();
            *text = others.join(", ").into();
            !text.is_empty()
        }
        _ => true,
    });
    services
}

/// Says the services in the way of a dialect.
fn put_services(rule: &mut Rule, mut services: Vec<Box<str>>, to: Dialect) {
    let mut seen = Vec::new();
    services.retain(|name| {
        let is_new = !seen.contains(name);
        seen.push(name.clone());
        is_new
    });
    if services.is_empty() {
        return;
    }
    let place = rule.span;
    if to == Dialect::Snort3 {
        let option = made(meta::SERVICE, place, OptionKind::Service(services.into()));
        return rule.options.push(option);
    }
    let pairs: Vec<String> = services
        .iter()
        .map(|name| {
            // Services have Snort's names in every dialect.
            let known = app_protocol_in(name, Dialect::Snort3);
            format!("service {}", known.unwrap_or(name))
        })
        .collect();
    let pairs = pairs.join(", ");
    for option in &mut rule.options {
        if let OptionKind::Metadata(text) = &mut option.kind {
            *text = format!("{text}, {pairs}").into();
            return;
        }
    }
    rule.options.push(made(
        meta::METADATA,
        place,
        OptionKind::Metadata(pairs.into()),
    ));
}

/// An option that no text has yet.
fn made(keyword: KeywordId, span: Span, kind: OptionKind) -> Opt {
    Opt {
        keyword,
        span,
        value: span,
        kind,
    }
}

/// Writes out what Snort 3 may leave out of a header.
fn write_header(rule: &mut Rule, services: &[Box<str>], to: Dialect) -> Read<()> {
    let header = &mut rule.header;
    if header.form == HeaderForm::Full {
        return Ok(());
    }
    if header.form == HeaderForm::Absent {
        header.protocol.name = match services {
            [only] => app_protocol(only).map_or(ProtocolName::Ip, ProtocolName::App),
            _ => ProtocolName::Ip,
        };
    }
    if header.protocol.name == ProtocolName::File {
        return Err(Problem::new(
            Code::OtherDialect,
            header.span,
            format!(
                "{} has no rules about the files of every protocol",
                to.name()
            ),
        ));
    }
    header.form = HeaderForm::Full;
    (header.src, header.dst) = (AddressExpr::Any, AddressExpr::Any);
    (header.sport, header.dport) = (PortExpr::Any, PortExpr::Any);
    // From anywhere to anywhere is both directions.
    header.direction = RuleDirection::ToRight;
    Ok(())
}

/// The protocol of a header in a dialect. Snort 2 names the transport, and the application protocol as a service.
fn protocol(
    services: &mut Vec<Box<str>>,
    name: &'static str,
    to: Dialect,
    place: Span,
) -> Read<ProtocolName> {
    match app_protocol_in(name, to) {
        Some(_) if to != Dialect::Snort2 => Ok(ProtocolName::App(name)),
        Some(_) if OVER_TCP.contains(&name) => {
            services.push(name.into());
            Ok(ProtocolName::Tcp)
        }
        _ => Err(Problem::new(
            Code::OtherDialect,
            place,
            format!("{} has no rules for the protocol `{name}`", to.name()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(text: &str, from: Dialect, to: Dialect) -> String {
        let result = convert(&Source::new("a", text.as_bytes()), Some(from), to);
        String::from_utf8(result.text).unwrap()
    }

    #[test]
    fn services_change_their_place() {
        let two = "alert tcp any any -> any 80 (msg:\"m\"; content:\"a\"; metadata:policy x drop, service http; sid:1;)\n";
        let three = "alert tcp any any -> any 80 ( msg:\"m\"; content:\"a\"; metadata:policy x drop; sid:1; service:http; )\n";
        assert_eq!(converted(two, Dialect::Snort2, Dialect::Snort3), three);
        let again = converted(three, Dialect::Snort3, Dialect::Snort2);
        assert_eq!(again, two);
    }

    #[test]
    fn each_dialect_has_its_words() {
        use Dialect::{Snort2, Snort3, Suricata};
        let rule = |dialect: Dialect, options: &str| match dialect {
            Snort3 => format!("alert tcp any any -> any any ( {options} sid:1; )\n"),
            _ => format!("alert tcp any any -> any any ({options} sid:1;)\n"),
        };
        let cases = [
            (
                (
                    Snort2,
                    "dsize:10<>20; flowbits:set,a&b; flowbits:isset,c|d;",
                ),
                (
                    Suricata,
                    "dsize:9-21; flowbits:set,a; flowbits:set,b; flowbits:isset,c|d;",
                ),
            ),
            ((Suricata, "dsize:9-21;"), (Snort2, "dsize:10<>20;")),
            (
                (Snort2, "content:\"a\"; sip_method:invite,options;"),
                (
                    Suricata,
                    "content:\"a\"; sip.method; pcre:\"/^(?:invite|options)$/i\";",
                ),
            ),
            (
                (Snort2, "sip_stat_code:4,180;"),
                (Suricata, "sip.stat_code; pcre:\"/^(?:4\\d\\d|180)$/\";"),
            ),
            (
                (Snort3, "http_header:field user-agent; content:\"curl\";"),
                (Suricata, "http.user_agent; content:\"curl\";"),
            ),
            (
                (Suricata, "http.user_agent; content:\"curl\";"),
                (Snort3, "http_header:field user-agent; content:\"curl\";"),
            ),
            (
                (
                    Snort3,
                    "dce_iface:uuid 4b324fc8-1670-01d3-1278-5a47bf6ee188,version >1;",
                ),
                (
                    Suricata,
                    "dcerpc.iface:4b324fc8-1670-01d3-1278-5a47bf6ee188,>1;",
                ),
            ),
            (
                (
                    Snort2,
                    "dce_iface:4b324fc8-1670-01d3-1278-5a47bf6ee188,any_frag;",
                ),
                (
                    Snort3,
                    "dce_iface:uuid 4b324fc8-1670-01d3-1278-5a47bf6ee188,any_frag;",
                ),
            ),
            (
                (Snort3, "pcre:\"/[';x]\\;/i\"; regex:\"/a/\",fast_pattern;"),
                (Suricata, "pcre:\"/['\\x3bx]\\x3b/i\"; pcre:\"/a/\";"),
            ),
            (
                (
                    Suricata,
                    "pcre:\"/[\"']/\"; http.response_body; content:\"a\";",
                ),
                (Snort3, "pcre:\"/[\\x22']/\"; file_data; content:\"a\";"),
            ),
        ];
        for ((from, text), (to, wanted)) in cases {
            let found = converted(&rule(from, text), from, to);
            assert_eq!(found, rule(to, wanted), "{text}");
        }
    }

    #[test]
    fn actions_of_snort_are_those_of_suricata() {
        let sdrop = "sdrop tcp any any -> any any (content:\"a\"; sid:1;)\n";
        assert_eq!(
            converted(sdrop, Dialect::Snort2, Dialect::Suricata),
            "drop tcp any any -> any any (content:\"a\"; sid:1; noalert;)\n"
        );
    }

    #[test]
    fn limits_are_told_where_they_are() {
        let text = "alert tcp any any -> any any (msg:\"m\"; threshold: type limit, track by_src, count 1, seconds 60; sid:1;)\n";
        let source = Source::new("a", text.as_bytes());
        let result = convert(&source, Some(Dialect::Suricata), Dialect::Snort3);
        let problem = &result.diagnostics[0];
        assert!(source.text_of(problem.span).starts_with("threshold"));
        assert!(problem.help.as_ref().is_some_and(|help| {
            help.contains("event_filter = { { gid = 1, sid = 1, type = 'limit', track = 'by_src', count = 1, seconds = 60 } }")
        }));
    }

    #[test]
    fn headers_are_written_out() {
        let text = "alert http ( http_uri; content:\"/a\"; sid:1; )\n";
        assert_eq!(
            converted(text, Dialect::Snort3, Dialect::Suricata),
            "alert http any any -> any any (http.uri; content:\"/a\"; sid:1;)\n"
        );
        assert_eq!(
            converted(text, Dialect::Snort3, Dialect::Snort2),
            "alert tcp any any -> any any (content:\"/a\"; http_uri; sid:1; metadata:service http;)\n"
        );
        let tls = "alert ssl ( content:\"a\"; sid:1; )\n";
        assert_eq!(
            converted(tls, Dialect::Snort3, Dialect::Suricata),
            "alert tls any any -> any any (content:\"a\"; sid:1;)\n"
        );
    }

    #[test]
    fn what_a_dialect_lacks_is_said_by_what_it_has() {
        let pairs = [
            (
                "alert http any any -> any any (http.uri; bsize:>5; content:\"/a\"; startswith; content:\"b\"; endswith; target:src_ip; noalert; sid:1;)",
                "alert http any any -> any any ( http_uri; bufferlen:>5; content:\"/a\",depth 2; content:\"b\"; isdataat:!1,relative; flowbits:noalert; sid:1; metadata:target src_ip; )",
            ),
            (
                "alert http any any -> any any (urilen:5<>8,norm; http.method; content:\"GET\"; sid:1;)",
                "alert http any any -> any any ( http_method; content:\"GET\"; http_uri; bufferlen:5<>8; sid:1; )",
            ),
        ];
        for (suricata, snort3) in pairs {
            let found = converted(&format!("{suricata}\n"), Dialect::Suricata, Dialect::Snort3);
            assert_eq!(found, format!("{snort3}\n"));
        }
        let snort3 = "alert tcp any any -> any 80 ( http_uri; bufferlen:5<=>8; http_method; content:\"GET\"; sid:1; )\n";
        assert_eq!(
            converted(snort3, Dialect::Snort3, Dialect::Snort2),
            "alert tcp any any -> any 80 (urilen:5<>8,norm; content:\"GET\"; http_method; sid:1;)\n"
        );
        assert_eq!(
            converted(snort3, Dialect::Snort3, Dialect::Suricata),
            "alert tcp any any -> any 80 (http.uri; bsize:4-9; http.method; content:\"GET\"; sid:1;)\n"
        );
    }

    #[test]
    fn what_cannot_be_said_becomes_a_comment() {
        let text = "alert tls any any -> any any (ja3.hash; content:\"a\"; sid:1;)\n";
        let result = convert(
            &Source::new("a", text.as_bytes()),
            Some(Dialect::Suricata),
            Dialect::Snort3,
        );
        assert_eq!(
            String::from_utf8(result.text).unwrap(),
            format!("# not converted: Snort 3 has no buffer `ja3.hash`\n# {text}")
        );
        assert_eq!(result.diagnostics.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_becomes_a_comment() {
        let text = "alert tcp any any -> any any (content:a; sid:1;)\n";
        let result = converted(text, Dialect::Snort2, Dialect::Suricata);
        assert_eq!(result, format!("# {text}"));
    }
}
