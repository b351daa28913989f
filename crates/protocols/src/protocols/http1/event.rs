//! What can be wrong with an exchange.

macro_rules! events {
    ($($constant:ident = $name:literal;)*) => {
        /// Events, by their place in [`NAMES`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Event {
            $(
                #[doc = concat!("`", $name, "`")]
                $constant,
            )*
        }

        /// Their names, as rules write them after `http.`.
        pub(super) const NAMES: &[&str] = &[$($name,)*];
    };
}

events! {
    GzipFailed = "gzip_decompression_failed";
    RequestMissingColon = "request_field_missing_colon";
    ResponseMissingColon = "response_field_missing_colon";
    RequestChunkLength = "invalid_request_chunk_len";
    ResponseChunkLength = "invalid_response_chunk_len";
    RequestTransferEncoding = "invalid_transfer_encoding_value_in_request";
    RequestLength = "invalid_content_length_field_in_request";
    ResponseLength = "invalid_content_length_field_in_response";
    ContinueAlreadySeen = "100_continue_already_seen";
    UnmatchedResponse = "unable_to_match_response_to_request";
    InvalidPort = "invalid_server_port_in_request";
    InvalidAuthorityPort = "invalid_authority_port";
    RequestHeaderInvalid = "request_header_invalid";
    ResponseHeaderInvalid = "response_header_invalid";
    MissingHost = "missing_host_header";
    HostAmbiguous = "host_header_ambiguous";
    RequestFolding = "invalid_request_field_folding";
    ResponseFolding = "invalid_response_field_folding";
    RequestTooLong = "request_field_too_long";
    ResponseTooLong = "response_field_too_long";
    MultipartError = "multipart_generic_error";
    MultipartNoFile = "multipart_no_filedata";
    MultipartHeader = "multipart_invalid_header";
    PortMismatch = "request_server_port_tcp_port_mismatch";
    UriHostInvalid = "request_uri_host_invalid";
    HeaderHostInvalid = "request_header_host_invalid";
    UriDelimiter = "uri_delim_non_compliant";
    MethodDelimiter = "method_delim_non_compliant";
    LeadingWhitespace = "request_line_leading_whitespace";
    TooManyLayers = "too_many_encoding_layers";
    AbnormalEncoding = "abnormal_ce_header";
    UnknownAuthorization = "request_auth_unrecognized";
    RequestRepetition = "request_header_repetition";
    ResponseRepetition = "response_header_repetition";
    ResponseByteRanges = "response_multipart_byteranges";
    ResponseTransferEncoding = "response_abnormal_transfer_encoding";
    ChunkedOldVersion = "response_chunked_old_proto";
    ResponseProtocol = "response_invalid_protocol";
    ResponseStatus = "response_invalid_status";
    RequestLineIncomplete = "request_line_incomplete";
    DoubleEncoded = "double_encoded_uri";
    RequestLineInvalid = "request_line_invalid";
    RequestBodyUnexpected = "request_body_unexpected";
    LzmaMemory = "lzma_memlimit_reached";
    TwoRequestLengths = "duplicate_content_length_field_in_request";
    TwoResponseLengths = "duplicate_content_length_field_in_response";
    CompressionBomb = "compression_bomb";
    RangeInvalid = "range_invalid";
    FileNameTooLong = "file_name_too_long";
    FailedProtocolChange = "failed_protocol_change";
    RequestChunkExtension = "request_chunk_extension";
    ResponseChunkExtension = "response_chunk_extension";
    MissingProtocol = "request_line_missing_protocol";
    TooManyRequestHeaders = "request_too_many_headers";
    TooManyResponseHeaders = "response_too_many_headers";
}
