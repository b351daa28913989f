//! HTTP.

use super::row::*;
use crate::dialect::Dialects;

const HTTP: &[&str] = &["http"];
const HTTP2: &[&str] = &["http2"];

const fn request(help: &'static str) -> Keyword {
    buffer(help).of(HTTP).to_server()
}

const fn response(help: &'static str) -> Keyword {
    buffer(help).of(HTTP).to_client()
}

const fn either(help: &'static str) -> Keyword {
    buffer(help).of(HTTP)
}

/// A content modifier that Suricata has and Snort lacks.
const fn suricata_moves(to: super::KeywordId, help: &'static str) -> Keyword {
    moves_to(to, help).only(Dialects::SURICATA)
}

/// A test that Snort 3 alone has.
const fn snort3_field(argument: Grammar, help: &'static str) -> Keyword {
    field(argument, help).of(HTTP).only(Dialects::SNORT3)
}

family! { 6;
    URI = "http.uri", request("The request URI, normalised").aliases(&[snort3("http_uri")]);
    URI_RAW = "http.uri.raw", request("The request URI as sent").aliases(&[snort3("http_raw_uri")]);
    METHOD = "http.method", request("The request method").aliases(&[snort3("http_method")]);
    REQUEST_LINE = "http.request_line", request("The request line").aliases(&[suricata("http_request_line"), snort3("http_raw_request")]);
    REQUEST_BODY = "http.request_body", request("The request body").aliases(&[snort3("http_client_body")]);
    RESPONSE_BODY = "http.response_body", response("The response body");
    RESPONSE_LINE = "http.response_line", response("The response line").aliases(&[suricata("http_response_line"), snort3("http_raw_status")]);
    STAT_CODE = "http.stat_code", response("The status code").aliases(&[snort3("http_stat_code")]);
    STAT_MSG = "http.stat_msg", response("The status message").aliases(&[snort3("http_stat_msg")]);
    HEADER = "http.header", either("The headers, normalised").aliases(&[snort3("http_header")]);
    HEADER_RAW = "http.header.raw", either("The headers as sent").aliases(&[snort3("http_raw_header"), snort3("http_raw_header_complete")]);
    HEADER_NAMES = "http.header_names", either("The names of the headers").aliases(&[suricata("http_header_names")]);
    COOKIE = "http.cookie", either("The cookies").aliases(&[snort3("http_cookie")]);
    COOKIE_RAW = "http_raw_cookie", either("The cookies as sent").only(Dialects::SNORT3);
    PROTOCOL = "http.protocol", either("The version of HTTP").aliases(&[suricata("http_protocol"), snort3("http_version")]);
    START = "http.start", either("The first line and the headers").aliases(&[suricata("http_start")]);
    HOST = "http.host", request("The host, in small letters");
    HOST_RAW = "http.host.raw", request("The host as sent");
    USER_AGENT = "http.user_agent", request("The User-Agent header");
    REFERER = "http.referer", request("The Referer header").aliases(&[suricata("http_referer")]);
    ACCEPT = "http.accept", request("The Accept header").aliases(&[suricata("http_accept")]);
    ACCEPT_LANG = "http.accept_lang", request("The Accept-Language header").aliases(&[suricata("http_accept_lang")]);
    ACCEPT_ENC = "http.accept_enc", request("The Accept-Encoding header").aliases(&[suricata("http_accept_enc")]);
    CONNECTION = "http.connection", either("The Connection header").aliases(&[suricata("http_connection")]);
    CONTENT_LEN = "http.content_len", either("The Content-Length header").aliases(&[suricata("http_content_len")]);
    CONTENT_TYPE = "http.content_type", either("The Content-Type header").aliases(&[suricata("http_content_type")]);
    LOCATION = "http.location", response("The Location header");
    SERVER = "http.server", response("The Server header");
    REQUEST_HEADER = "http.request_header", request("One request header, name and value").multi();
    RESPONSE_HEADER = "http.response_header", response("One response header, name and value").multi();
    URILEN = "urilen", field(Grammar::Own, "Length of the request URI").of(HTTP).to_server().only(Dialects::SURICATA.union(Dialects::SNORT2));

    MOD_URI = "http_uri", moves_to(URI, "The content is in the request URI").of(HTTP);
    MOD_RAW_URI = "http_raw_uri", moves_to(URI_RAW, "The content is in the request URI as sent").of(HTTP);
    MOD_METHOD = "http_method", moves_to(METHOD, "The content is in the request method").of(HTTP);
    MOD_CLIENT_BODY = "http_client_body", moves_to(REQUEST_BODY, "The content is in the request body").of(HTTP);
    MOD_SERVER_BODY = "http_server_body", suricata_moves(super::file::DATA, "The content is in the response body").of(HTTP);
    MOD_HEADER = "http_header", moves_to(HEADER, "The content is in the headers").of(HTTP);
    MOD_RAW_HEADER = "http_raw_header", moves_to(HEADER_RAW, "The content is in the headers as sent").of(HTTP);
    MOD_COOKIE = "http_cookie", moves_to(COOKIE, "The content is in the cookies").of(HTTP);
    MOD_RAW_COOKIE = "http_raw_cookie", moves_to(COOKIE_RAW, "The content is in the cookies as sent").of(HTTP).only(Dialects::SNORT2);
    MOD_STAT_CODE = "http_stat_code", moves_to(STAT_CODE, "The content is in the status code").of(HTTP);
    MOD_STAT_MSG = "http_stat_msg", moves_to(STAT_MSG, "The content is in the status message").of(HTTP);
    MOD_USER_AGENT = "http_user_agent", suricata_moves(USER_AGENT, "The content is in the User-Agent header").of(HTTP);
    MOD_HOST = "http_host", suricata_moves(HOST, "The content is in the host").of(HTTP);
    MOD_RAW_HOST = "http_raw_host", suricata_moves(HOST_RAW, "The content is in the host as sent").of(HTTP);

    HTTP2_FRAMETYPE = "http2.frametype", field(Grammar::IntegerOrName(8), "Type of an HTTP/2 frame").of(HTTP2);
    HTTP2_ERRORCODE = "http2.errorcode", field(Grammar::IntegerOrName(32), "Error code of an HTTP/2 frame").of(HTTP2);
    HTTP2_PRIORITY = "http2.priority", field(Grammar::Integer(8), "Weight of an HTTP/2 stream").of(HTTP2);
    HTTP2_WINDOW = "http2.window", field(Grammar::Integer(32), "Window increment of HTTP/2").of(HTTP2);
    HTTP2_SIZE_UPDATE = "http2.size_update", field(Grammar::Integer(64), "Size update of HTTP/2's header table").aliases(&[suricata("http2.sizeupdate")]).of(HTTP2);
    HTTP2_SETTINGS = "http2.settings", field(Grammar::Text, "A setting of HTTP/2").of(HTTP2);
    HTTP2_HEADER_NAME = "http2.header_name", buffer("The name of one HTTP/2 header").of(HTTP2).multi();
    HTTP2_HEADER = "http2.header", buffer("One HTTP/2 header, name and value").of(HTTP2).multi();

    PARAM = "http_param", request("The value of one parameter of the request").only(Dialects::SNORT3);
    RAW_BODY = "http_raw_body", either("The body as sent").only(Dialects::SNORT3);
    TRAILER = "http_trailer", either("The trailers").only(Dialects::SNORT3);
    RAW_TRAILER = "http_raw_trailer", either("The trailers as sent").only(Dialects::SNORT3);
    TRUE_IP = "http_true_ip", request("The client's address that proxies pass on").only(Dialects::SNORT3);
    ENCODE = "http_encode", field(Grammar::Text, "Kind of encoding of URI, headers or cookies").of(HTTP).only(Dialects::SNORT2);
    HEADER_TEST = "http_header_test", snort3_field(Grammar::Text, "Tests of one header");
    TRAILER_TEST = "http_trailer_test", snort3_field(Grammar::Text, "Tests of one trailer");
    VERSION_MATCH = "http_version_match", snort3_field(Grammar::Text, "One of several versions of HTTP");
    MAX_HEADER_LINE = "http_max_header_line", snort3_field(Grammar::Text, "Length of the longest header");
    MAX_TRAILER_LINE = "http_max_trailer_line", snort3_field(Grammar::Text, "Length of the longest trailer");
    NUM_COOKIES = "http_num_cookies", snort3_field(Grammar::Text, "Number of cookies");
    NUM_HEADERS = "http_num_headers", snort3_field(Grammar::Text, "Number of headers");
    NUM_TRAILERS = "http_num_trailers", snort3_field(Grammar::Text, "Number of trailers");
}

/// Headers that have buffers of their own, and what Snort 3 calls them: `http_header:field user-agent`.
const FIELDS: [(super::BufferId, &str); 11] = [
    (USER_AGENT, "user-agent"),
    (REFERER, "referer"),
    (HOST_RAW, "host"),
    (ACCEPT, "accept"),
    (ACCEPT_LANG, "accept-language"),
    (ACCEPT_ENC, "accept-encoding"),
    (CONNECTION, "connection"),
    (CONTENT_LEN, "content-length"),
    (CONTENT_TYPE, "content-type"),
    (LOCATION, "location"),
    (SERVER, "server"),
];

/// What Snort 3 calls the header that a buffer holds, where it holds one.
pub fn field_of(buffer: super::BufferId) -> Option<&'static str> {
    let known = FIELDS.iter().find(|(known, _)| *known == buffer);
    known.map(|(_, name)| *name)
}

/// The buffer of the header that an argument of Snort 3's `http_header` names.
pub fn header_field(argument: &str) -> Option<super::BufferId> {
    let name = argument.trim().strip_prefix("field")?.trim();
    let is_named = |known: &&(super::BufferId, &str)| known.1.eq_ignore_ascii_case(name);
    FIELDS.iter().find(is_named).map(|(buffer, _)| *buffer)
}
