//! Keywords that Snort alone has and that belong to no family above.

use super::row::*;
use crate::dialect::Dialects;

const SNORT: Dialects = Dialects::SNORT2.union(Dialects::SNORT3);

const fn gtp(help: &'static str) -> Keyword {
    field(Grammar::Text, help).of(&["gtp"]).only(SNORT)
}

family! { 15;
    GTP_INFO = "gtp_info", buffer("An information element of GTP").of(&["gtp"]).only(SNORT);
    GTP_TYPE = "gtp_type", gtp("Type of a GTP message");
    GTP_VERSION = "gtp_version", gtp("Version of GTP");
    PREPROC = "preproc", field(Grammar::Text, "Preprocessor that raises the alert").only(Dialects::SNORT2);
    SO = "so", field(Grammar::Text, "A function of a shared object").only(Dialects::SNORT3);
    BUILTIN = "builtin", Keyword::new(Kind::Meta, Grammar::None, "A rule that stands for an event of the engine").only(Dialects::SNORT3);
    SOCKS_COMMAND = "socks_command", field(Grammar::Text, "Command of SOCKS").only(Dialects::SNORT3);
    SOCKS_STATE = "socks_state", field(Grammar::Text, "State of SOCKS").only(Dialects::SNORT3);
    SOCKS_VERSION = "socks_version", field(Grammar::Text, "Version of SOCKS").only(Dialects::SNORT3);
    SOCKS_ADDRESS_TYPE = "socks_address_type", field(Grammar::Text, "Address type of SOCKS").only(Dialects::SNORT3);
    SOCKS_REMOTE_ADDRESS = "socks_remote_address", buffer("Address that SOCKS connects to").only(Dialects::SNORT3);
    SOCKS_REMOTE_PORT = "socks_remote_port", field(Grammar::Text, "Port that SOCKS connects to").only(Dialects::SNORT3);
}
