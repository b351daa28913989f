//! What a log says of a mistake: the sentences that those who watch logs of a Suricata know, and look for.
//!
//! The terminal shows a [`Diagnostic`](crate::Diagnostic) in our own words, with the text underlined. Log files get
//! one line each, and every such line that has a form known to others is made here.

use crate::diagnostic::Code;
use crate::keywords::{BufferId, http};
use crate::tree::BitAction;

/// What is said of an option whose mistake has no sentence of its own; `None` where our own words do.
pub fn of_option(code: Code, keyword: &str, argument: &str) -> Option<String> {
    Some(match code {
        Code::UnknownKeyword | Code::OtherDialect => format!("unknown rule keyword '{keyword}'."),
        Code::MissingSemicolon => format!(
            "bad option value formatting (possible missing semicolon) for keyword {keyword}: '{argument}'"
        ),
        Code::BadQuotes => format!(
            "invalid formatting to {keyword} keyword: value must be double quoted '{keyword}'"
        ),
        Code::MissingArgument | Code::UnexpectedArgument | Code::BadArgument | Code::OutOfRange => {
            format!("invalid formatting or malformed option to {keyword} keyword: '{argument}'")
        }
        Code::NothingToModify => format!(
            "{keyword} needs preceding content, uricontent option, http_client_body, http_server_body, \
             http_header option, http_raw_header option, http_method option, http_cookie, http_raw_uri, \
             http_stat_msg, http_stat_code, http_user_agent, http_host, http_raw_host or \
             file_data/dce_stub_data sticky buffer options."
        ),
        Code::Gone => format!("{keyword} keyword is no longer supported"),
        Code::BadRegex => format!("pcre compile of \"{argument}\" failed"),
        _ => return None,
    })
}

/// A variable that nothing sets.
pub(crate) fn unknown_variable(keyword: &str, name: &str) -> String {
    match keyword {
        "depth" | "offset" => format!("unknown byte_ keyword var seen in {keyword} - {name}."),
        "byte_test" | "byte_jump" | "isdataat" => {
            format!("Unknown byte_extract var seen in {keyword} - {name}")
        }
        _ => format!("unknown byte_ keyword var seen in {keyword} - {name}"),
    }
}

/// Contents that are longer than what `keyword` lets the buffer be.
pub(crate) fn no_room(keyword: &str, needed: u64, most: u64) -> String {
    format!(
        "signature can't match as required content length {needed} exceeds {keyword} value {most}"
    )
}

/// A modifier that a content has already.
pub(crate) fn repeated_modifier(keyword: &str) -> String {
    format!("can't use multiple {keyword}s for the same content.")
}

/// A content whose place is counted from the beginning and from the match before.
pub(crate) fn mixed_places() -> String {
    "can't use a relative keyword like within/distance with a absolute relative keyword like depth/offset for \
     the same content."
        .into()
}

/// A negated content with a place that is to be the fast pattern.
pub(crate) fn negated_fast_pattern() -> String {
    "can't have a relative negated keyword set along with 'fast_pattern'.".into()
}

/// A content that only the fast pattern looks for, with a place.
pub(crate) fn placed_fast_pattern_only() -> String {
    "can't have a relative keyword set along with 'fast_pattern:only;'.".into()
}

/// A fast pattern in a buffer that has none.
pub(crate) fn no_fast_pattern_in(buffer: &str) -> String {
    format!("fast_pattern cannot be used with {buffer}")
}

/// A second limit in a rule.
pub(crate) fn repeated_limit(keyword: &str, before: &str) -> String {
    if keyword == before {
        format!("multiple \"{keyword}\" options are not allowed in the same rule")
    } else {
        format!("\"{keyword}\" and \"{before}\" are not allowed in the same rule")
    }
}

/// A second `keyword` in a rule.
pub(crate) fn repeated_option(keyword: &str) -> String {
    format!("Can't use 2 or more {keyword} declarations")
}

/// A host that is looked for in capitals.
pub(crate) fn host_in_capitals(sid: u32) -> String {
    format!(
        "rule {sid}: A pattern with uppercase characters detected for http.host. The hostname buffer is \
         normalized to lowercase, please specify a lowercase pattern."
    )
}

/// A host that is looked for with `nocase`.
pub(crate) fn host_without_case(sid: u32) -> String {
    format!(
        "rule {sid}: http.host keyword specified along with \"nocase\". The hostname buffer is normalized to \
         lowercase, specifying nocase is redundant."
    )
}

/// A method that is looked for with a blank.
pub(crate) fn method_with_blank(sid: u32, at_end: bool) -> String {
    let place = if at_end { "trailing" } else { "leading" };
    format!("rule {sid}: http_method pattern with {place} space")
}

/// A content that cannot be in what a transform leaves.
pub(crate) fn after_transform(content: &[u8], transform: &str) -> String {
    let content = String::from_utf8_lossy(content);
    format!("content string \"{content}\" incompatible with {transform} transform")
}

/// A rule about a transaction that has no option about one of the directions.
pub(crate) fn one_direction(sid: u32) -> String {
    format!("rule {sid} should use both directions, but does not")
}

/// A rule about a transaction with an option that could be about either direction.
pub(crate) fn ambiguous_direction(sid: u32) -> String {
    format!(
        "rule {sid} means to use both directions, cannot have keywords ambiguous about directions"
    )
}

/// A rule about a transaction with a direction of its flow.
pub(crate) fn flow_direction(sid: u32) -> String {
    format!("rule {sid} means to use both directions, cannot specify a flow direction")
}

/// A rule about two directions that is not one about a transaction.
pub(crate) fn mixed_directions(sid: u32) -> String {
    format!(
        "rule {sid} mixes keywords with conflicting directions, a transactional rule with => should be used"
    )
}

/// A rule about two protocols.
pub(crate) fn conflicting_protocols() -> String {
    "can't set rule app proto: rule contains conflicting protocols.".into()
}

/// An expression whose flag names a buffer while another is in force.
pub(crate) fn expression_in_sticky_buffer(buffer: BufferId) -> String {
    let holds = match buffer {
        http::URI => "http request uri",
        http::URI_RAW => "raw http uri",
        http::HEADER => "http headers",
        http::HEADER_RAW => "raw http headers",
        http::REQUEST_BODY => "http request body",
        http::METHOD => "http request method",
        http::COOKIE => "http cookie header",
        http::STAT_CODE => "http response status code",
        http::STAT_MSG => "http response status message",
        http::USER_AGENT => "http user agent",
        http::HOST => "http host",
        http::HOST_RAW => "http raw host header",
        _ => "data from tracked files",
    };
    format!(
        "Expression seen with a sticky buffer still set; either (1) reset sticky buffer with pkt_data or \
         (2) use a sticky buffer providing \"{holds}\"."
    )
}

/// Two things that a rule does with one flowbit; `wrong` when they exclude each other.
pub(crate) fn flowbits(wrong: bool, earlier: BitAction, later: BitAction) -> String {
    let kind = if wrong { "invalid" } else { "inconsequential" };
    let name = |action| match action {
        BitAction::Set => "set",
        BitAction::Unset => "unset",
        BitAction::Toggle => "toggle",
        BitAction::IsSet => "isset",
        BitAction::IsNotSet => "isnotset",
        _ => "noalert",
    };
    format!(
        "{kind} flowbit command combination in the same signature: {} and {}",
        name(earlier),
        name(later)
    )
}

/// More flowbits than the configuration lets a rule have.
pub(crate) fn too_many_flowbits(sid: u32, most: u32) -> String {
    format!("rule {sid}: too many flowbits (max {most} per signature)")
}

/// A list of protocols that is to decide first.
pub(crate) fn prefilter_of_list(keyword: &str) -> String {
    format!("prefilter is not supported for multi-value {keyword}")
}

/// What a data set cannot do.
pub(crate) fn data_set_action(action: &str) -> String {
    format!("dataset action \"{action}\" is not supported.")
}

/// A number that another rule has.
pub(crate) fn duplicate(text: &str) -> String {
    format!("Duplicate signature \"{text}\"")
}

/// An event of packets that rules cannot ask for any more, or never could.
pub fn decode_event(name: &str, once_known: bool) -> String {
    let name = name.strip_prefix("decoder.").unwrap_or(name);
    if once_known {
        format!("decode-event keyword no longer supports event \"decoder.{name}\"")
    } else {
        format!("unknown decode event \"{name}\"")
    }
}

/// Rules that write data sets while that is forbidden.
pub fn data_set_writes_disabled() -> String {
    "Rules containing save/state datasets have been disabled".into()
}

/// A file of a data set by an absolute name.
pub fn data_set_absolute(file: &str) -> String {
    format!("Absolute paths not allowed: {file}")
}

/// A file of a data set outside the folder of data.
pub fn data_set_outside(file: &str) -> String {
    format!("Directory traversals not allowed: {file}")
}

/// A line of a data set whose reputation cannot be read.
pub fn data_set_bad_reputation(name: &str) -> String {
    format!("invalid datarep value {name}")
}

/// A file in which some values have a reputation and some have none.
pub fn data_set_mixed(name: &str) -> String {
    format!("Cannot mix dataset and datarep values for set {name}")
}

/// A data set that does not fit into its share of memory.
pub fn data_set_too_large() -> String {
    "dataset too large for set memcap".into()
}

/// A value in JSON that is no string, in a set of strings or hashes.
pub fn data_set_not_a_string() -> String {
    "failed to get value because it is not a string".into()
}

/// The line after the sentence about a rule: the rule and its place.
pub fn signature(text: &str, file: &str, line: u32) -> String {
    format!("error parsing signature \"{text}\" from file {file} at line {line}")
}

/// A line of `classification.config` that cannot be read.
pub(crate) fn bad_class() -> String {
    "Invalid Classtype in classification.config file".into()
}

/// A line of `reference.config` that cannot be read.
pub(crate) fn bad_reference() -> String {
    "Invalid Reference Config in reference.config file".into()
}

/// A system of references that no `reference.config` knows.
pub fn unknown_reference(system: &str) -> String {
    format!("unknown reference key \"{system}\"")
}
