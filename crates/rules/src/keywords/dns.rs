//! DNS, multicast DNS and LLMNR.

use super::row::*;

const DNS: &[&str] = &["dns"];
const MDNS: &[&str] = &["mdns"];
const LLMNR: &[&str] = &["llmnr"];

family! { 7;
    QUERY = "dns.query", buffer("A name that is asked for").aliases(&[suricata("dns_query")]).of(DNS).to_server().multi();
    QUERY_NAME = "dns.query.name", buffer("A name in the question section, either way").of(DNS).multi();
    ANSWER_NAME = "dns.answer.name", buffer("A name in the answer section").of(DNS).multi();
    QUERIES_RRNAME = "dns.queries.rrname", buffer("A name in the question section").of(DNS).multi();
    ANSWERS_RRNAME = "dns.answers.rrname", buffer("A name in the answer section").of(DNS).multi();
    ADDITIONALS_RRNAME = "dns.additionals.rrname", buffer("A name in the additional section").of(DNS).multi();
    AUTHORITIES_RRNAME = "dns.authorities.rrname", buffer("A name in the authority section").of(DNS).multi();
    RESPONSE_RRNAME = "dns.response.rrname", buffer("A name anywhere in a response").of(DNS).to_client().multi();
    OPCODE = "dns.opcode", field(Grammar::Integer(8), "The operation code").of(DNS);
    RCODE = "dns.rcode", field(Grammar::IntegerOrName(16), "The response code").of(DNS);
    RRTYPE = "dns.rrtype", field(Grammar::IntegerOrName(16), "Type of a record").of(DNS);
    MDNS_QUERIES_RRNAME = "mdns.queries.rrname", buffer("A name in the question section").of(MDNS).multi();
    MDNS_ANSWERS_RRNAME = "mdns.answers.rrname", buffer("A name in the answer section").of(MDNS).multi();
    MDNS_ADDITIONALS_RRNAME = "mdns.additionals.rrname", buffer("A name in the additional section").of(MDNS).multi();
    MDNS_AUTHORITIES_RRNAME = "mdns.authorities.rrname", buffer("A name in the authority section").of(MDNS).multi();
    MDNS_RESPONSE_RRNAME = "mdns.response.rrname", buffer("A name anywhere in a response").of(MDNS).multi();
    LLMNR_QUERIES_RRNAME = "llmnr.queries.rrname", buffer("A name in the question section").of(LLMNR).multi();
    LLMNR_ANSWERS_RRNAME = "llmnr.answers.rrname", buffer("A name in the answer section").of(LLMNR).multi();
    LLMNR_ADDITIONALS_RRNAME = "llmnr.additionals.rrname", buffer("A name in the additional section").of(LLMNR).multi();
    LLMNR_AUTHORITIES_RRNAME = "llmnr.authorities.rrname", buffer("A name in the authority section").of(LLMNR).multi();
    LLMNR_RESPONSE_RRNAME = "llmnr.response.rrname", buffer("A name anywhere in a response").of(LLMNR).multi();
}
