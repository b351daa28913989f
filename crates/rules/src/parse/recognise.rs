//! Which dialect a file of rules is written in.

use memchr::memmem;

use crate::Dialect;

/// How much of a file is looked at.
const LOOKED_AT: usize = 1 << 20;

/// Text in options that one dialect has and the others lack.
const SNORT3: &[&str] = &[
    "service:",
    "bufferlen:",
    "\",fast_pattern",
    "\",nocase",
    "\",depth",
    "\",within",
    "\",distance",
    "\",offset",
    "\", nocase",
];
const SURICATA: &[&str] = &[
    "http.",
    "dns.query",
    "dns_query",
    "tls.",
    "tls_",
    "file.data",
    "bsize:",
    "startswith",
    "endswith",
    "decode-event:",
    "stream-event:",
    "app-layer",
    "xbits:",
    "dataset:",
    "requires:",
    "flowint:",
    "dotprefix",
    "http_user_agent;",
];
const SNORT2: &[&str] = &[
    "metadata:ruleset community",
    "service http",
    "policy balanced-ips",
    "policy security-ips",
    "http_raw_cookie;",
    "former_category",
    "uricontent:",
    "http_uri;",
    "http_header;",
    "activated_by:",
];

/// Recognises the dialect of a file by marks that the others lack; Suricata's when there are none.
pub(crate) fn recognise(text: &[u8]) -> Dialect {
    let text = &text[..text.len().min(LOOKED_AT)];
    let (mut suricata, mut snort2, mut snort3) = (0u32, 0u32, 0u32);
    let is_action = |head: &[u8]| {
        let actions: [&[u8]; 4] = [b"alert", b"drop", b"pass", b"block"];
        actions.iter().any(|action| head.starts_with(action))
    };
    let mut has_head = false;
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        // A head alone, whose parenthesis opens in the next line without a backslash before it.
        if std::mem::take(&mut has_head) && line.starts_with(b"(") {
            snort3 += 1;
        }
        let line = line
            .strip_prefix(b"#")
            .map_or(line, <[u8]>::trim_ascii_start);
        let Some(open) = memchr::memchr(b'(', line) else {
            has_head = is_action(line) && !line.ends_with(b"\\");
            continue;
        };
        let (head, body) = line.split_at(open);
        if !is_action(head) {
            continue;
        }
        let has = |marks: &[&str]| {
            marks
                .iter()
                .any(|mark| memmem::find(body, mark.as_bytes()).is_some())
        };
        let fields = head
            .split(u8::is_ascii_whitespace)
            .filter(|field| !field.is_empty())
            .count();
        if fields <= 2 || has(SNORT3) {
            snort3 += 1;
        } else if has(SURICATA) {
            suricata += 1;
        } else if has(SNORT2) {
            snort2 += 1;
        }
        let protocol = head
            .split(u8::is_ascii_whitespace)
            .nth(1)
            .unwrap_or_default();
        if fields > 2 && !matches!(protocol, b"tcp" | b"udp" | b"icmp" | b"ip" | b"any") {
            suricata += 1;
        }
    }
    if snort3 > suricata && snort3 >= snort2 {
        Dialect::Snort3
    } else if snort2 > suricata {
        Dialect::Snort2
    } else {
        Dialect::Suricata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_dialects() {
        let suricata = b"alert http any any -> any any (http.uri; content:\"a\"; sid:1;)";
        let snort2 =
            b"alert tcp any any -> any 80 (content:\"a\"; http_uri; metadata:service http; sid:1;)";
        let snort3 =
            b"alert tcp any any -> any 80 ( http_uri; content:\"a\",nocase; service:http; sid:1; )";
        assert_eq!(recognise(suricata), Dialect::Suricata);
        assert_eq!(recognise(snort2), Dialect::Snort2);
        assert_eq!(recognise(snort3), Dialect::Snort3);
        assert_eq!(recognise(b"alert ( sid:1; )"), Dialect::Snort3);
        let on_its_own = b"alert tcp any any -> any 80\n(\n    sid:1;\n)\n";
        assert_eq!(recognise(on_its_own), Dialect::Snort3);
        let continued = b"alert tcp any any -> any 80 \\\n(sid:1;)\n";
        assert_eq!(recognise(continued), Dialect::Suricata);
        assert_eq!(
            recognise(b"alert tcp any any -> any 80 (content:\"a\"; sid:1;)"),
            Dialect::Suricata
        );
    }
}
