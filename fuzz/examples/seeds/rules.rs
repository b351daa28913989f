//! Rules that between them use every argument grammar, each dialect in its spelling.

use tapir_rules::Dialect;

/// Options, and the dialect that they are written in. Each makes one rule.
const OPTIONS: &[(Dialect, &str)] = &[
    (
        Dialect::Suricata,
        r#"content:!"|0d 0a|a\"b\;c"; nocase; offset:4; depth:20; rawbytes;"#,
    ),
    (
        Dialect::Suricata,
        r#"content:"a"; fast_pattern:only; content:"b"; distance:-4; within:90; endswith;"#,
    ),
    (
        Dialect::Suricata,
        r#"http.uri; to_lowercase; content:"/x"; startswith; bsize:<90; http.header; pcre:"/^a(\d+)/Rsmi, pkt:n";"#,
    ),
    (
        Dialect::Suricata,
        "byte_extract:2,0,len,relative,little; byte_test:4,!&,0x10,-3,relative,bitmask 0xf0; isdataat:!len,relative;",
    ),
    (
        Dialect::Suricata,
        "byte_math:bytes 2, offset 0, oper +, rvalue 7, result sum, endian big, dce; byte_jump:4,0,string,hex,align,multiplier 2,post_offset -3;",
    ),
    (
        Dialect::Suricata,
        "base64_decode:bytes 60, offset 2, relative; base64_data; entropy:value >= 4.5, bytes 40;",
    ),
    (
        Dialect::Suricata,
        "flow:established,to_server,only_stream; flowbits:isset,a|b; flowint:n,+,3; xbits:set,x,track ip_pair,expire 60; hostbits:isnotset,h,src;",
    ),
    (
        Dialect::Suricata,
        "threshold:type backoff, track by_flow, count 1, multiplier 10; tag:session,10,packets; detection_filter:track by_src, count 3, seconds 9;",
    ),
    (
        Dialect::Suricata,
        "ttl:<5; itype:3<>9; icode:!1; flags:SA,12; fragbits:+M; ipopts:rr; ip_proto:!tcp; stream_size:client,>,9; tcp.mss:400-600; dsize:1<>9;",
    ),
    (
        Dialect::Suricata,
        "dns.query; dataset:isset,names,type string,state names.lst,memcap 1mb,hashsize 16; datarep:hosts,>,50,load hosts.lst,type ip; iprep:any,CnC,>,30;",
    ),
    (
        Dialect::Suricata,
        "requires:version >= 7.0.3 < 8 | >= 9, keyword foo; geoip:src,RU,CN; app-layer-protocol:!http,final; app-layer-event:http.missing_host;",
    ),
    (
        Dialect::Suricata,
        r#"tls.cert_subject; content:"x"; pcrexform:"a(.)c"; tls.version:!1.2; ssl_state:!client_hello; dns.opcode:!3; snmp.version:>=2;"#,
    ),
    (
        Dialect::Suricata,
        r#"msg:"a"; reference:cve,2024-1; metadata:a b, c d; classtype:misc-attack; priority:2; gid:1; rev:3; target:src_ip; filestore:both,flow; noalert;"#,
    ),
    (
        Dialect::Snort2,
        r#"content:"a"; http_uri; uricontent:"b"; urilen:5<>9,norm; pcre:"/x/Ui"; flow:to_client; flowbits:set,a&b,group;"#,
    ),
    (
        Dialect::Snort2,
        "asn1:bitstring_overflow, relative_offset 0; cvs:invalid-entry; ftpbounce; rpc:100000,*,3; byte_test:1,=,5,0; sameip; logto:\"x\";",
    ),
    (
        Dialect::Snort2,
        "dce_iface:3919286a-b10c-11d0-9ba8-00c04fd92ef5,>1; dce_opnum:1,3-7; sd_pattern:2,us_social; sip_method:!invite; modbus_func:read_coils;",
    ),
    (
        Dialect::Snort3,
        r#"service:http,ssl; http_uri; content:"a",nocase,fast_pattern,offset 3,depth 9; http_header:field host,request; bufferlen:1<=>9;"#,
    ),
    (
        Dialect::Snort3,
        r#"file_data; content:!"|ff d8|",within 4,distance 2; regex:"/a.b/i",relative; sd_pattern:"credit_card",threshold 2; ber_data:0x30; ber_skip:2,optional;"#,
    ),
    (
        Dialect::Snort3,
        r#"js_data; hash:"sha256",offset 2; rem:"x"; flags:S,CE; stream_size:>9,to_server; gtp_type:3,echo_request; cip_attribute:>3; vba_data; md5:"0123456789abcdef0123456789abcdef",length 9;"#,
    ),
];

/// Each rule with the first byte of an input of `rule_parsing`, which chooses the dialect.
pub fn texts() -> impl Iterator<Item = Vec<u8>> {
    OPTIONS.iter().map(|(dialect, options)| {
        let (choice, head) = match dialect {
            Dialect::Suricata => (1, "alert http [10.0.0.0/8,!$X] 1:9 <> any ![80,8000:]"),
            Dialect::Snort2 => (2, "drop tcp $EXTERNAL_NET any -> 192.0.2.1 $HTTP_PORTS"),
            Dialect::Snort3 => (3, "alert http"),
        };
        format!("{}{head} ({options} sid:1;)", char::from(choice)).into_bytes()
    })
}
