//! What is done after a match, and how often a rule alerts.

use super::row::*;
use crate::dialect::Dialects;

const fn response(argument: Grammar, help: &'static str) -> Keyword {
    Keyword::new(Kind::Response, argument, help)
}

const SNORT: Dialects = Dialects::SNORT2.union(Dialects::SNORT3);
const ACTIVATE: &str = "activate and dynamic rules are gone; write `tag`, or `flowbits` set by one rule and tested by another";

family! { 5;
    THRESHOLD = "threshold", response(Grammar::Own, "How often the rule alerts").only(Dialects::SURICATA.union(Dialects::SNORT2)).evaluated();
    DETECTION_FILTER = "detection_filter", response(Grammar::Own, "How often the rule must match before it alerts").common().evaluated();
    TAG = "tag", response(Grammar::Own, "Logs the packets that follow").common().evaluated();
    NOALERT = "noalert", response(Grammar::None, "The rule raises no alert").evaluated();
    ALERT = "alert", response(Grammar::None, "The rule raises an alert").evaluated();
    BYPASS = "bypass", response(Grammar::None, "The rest of the flow is not inspected").evaluated();
    CONFIG = "config", response(Grammar::Own, "Changes how the rest of the flow or transaction is handled").evaluated();
    FILESTORE = "filestore", response(Grammar::Optional, "Keeps the file").evaluated();
    TLS_STORE = "tls_store", response(Grammar::None, "Keeps the certificate").aliases(&[suricata("tls.store")]).of(&["tls"]).to_client().evaluated();
    NFQ_SET_MARK = "nfq_set_mark", response(Grammar::Own, "Marks the packet for netfilter").evaluated();
    LOGTO = "logto", response(Grammar::Text, "Logs to a file of its own").only(SNORT).evaluated();
    SESSION = "session", response(Grammar::Text, "Writes out what users typed").only(SNORT);
    RESP = "resp", response(Grammar::Text, "Answers with resets").only(Dialects::SNORT2).evaluated();
    REACT = "react", response(Grammar::Optional, "Answers with a page").only(Dialects::SNORT2);
    ACTIVATES = "activates", Keyword::new(Kind::Refused(ACTIVATE), Grammar::Text, "Puts a dynamic rule in force").only(Dialects::SNORT2);
    ACTIVATED_BY = "activated_by", Keyword::new(Kind::Refused(ACTIVATE), Grammar::Text, "The rule that puts this one in force").only(Dialects::SNORT2);
    COUNT = "count", Keyword::new(Kind::Refused(ACTIVATE), Grammar::Text, "How many packets a dynamic rule is in force").only(Dialects::SNORT2);
}
