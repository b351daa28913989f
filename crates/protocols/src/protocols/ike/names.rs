//! Names of numbers of key exchange, of both versions (IANA, "ipsec-registry" and "ikev2-parameters").

/// The names of a table whose numbers begin at `first`; gaps are empty.
fn in_order(names: &[&'static str], first: u16, number: u16) -> Option<&'static str> {
    let name = names.get(usize::from(number.checked_sub(first)?))?;
    (!name.is_empty()).then_some(*name)
}

/// Exchanges of version 1.
pub(super) fn exchange(number: u8) -> Option<&'static str> {
    Some(match number {
        0 => "Unknown Exchange Type",
        1 => "Base",
        2 => "Identity Protection",
        3 => "Authentication Only",
        4 => "Aggressive",
        5 => "Informational",
        6 => "Transaction (Config Mode)",
        32 => "Quick Mode",
        33 => "New Group Mode",
        _ => return None,
    })
}

/// Payloads of version 1.
pub(super) fn payload1(number: u8) -> Option<&'static str> {
    const NAMES: [&str; 23] = [
        "None",
        "SecurityAssociation",
        "Proposal",
        "Transform",
        "KeyExchange",
        "Identification",
        "Certificate",
        "CertificateRequest",
        "Hash",
        "Signature",
        "Nonce",
        "Notification",
        "Delete",
        "VendorID",
        "",
        "SaKekPayload",
        "SaTekPayload",
        "KeyDownload",
        "SequenceNumber",
        "ProofOfPossession",
        "NatDiscovery",
        "NatOriginalAddress",
        "GroupAssociatedPolicy",
    ];
    in_order(&NAMES, 0, number.into())
}

/// Attributes of a transform of version 1.
pub(super) fn attribute(number: u16) -> &'static str {
    const NAMES: [&str; 16] = [
        "alg_enc",
        "alg_hash",
        "alg_auth",
        "alg_dh",
        "sa_group_type",
        "sa_group_prime",
        "sa_group_generator_one",
        "sa_group_generator_two",
        "sa_group_curve_a",
        "sa_group_curve_b",
        "sa_life_type",
        "sa_life_duration",
        "alg_prf",
        "sa_key_length",
        "sa_field_size",
        "sa_group_order",
    ];
    in_order(&NAMES, 1, number).unwrap_or("unknown")
}

const ENCRYPTION: [&str; 8] = [
    "EncDesCbc",
    "EncIdeaCbc",
    "EncBlowfishCbc",
    "EncRc5R16B64Cbc",
    "EncTripleDesCbc",
    "EncCastCbc",
    "EncAesCbc",
    "EncCamelliaCbc",
];

const HASH: [&str; 6] = [
    "HashMd5",
    "HashSha",
    "HashTiger",
    "HashSha2_256",
    "HashSha2_384",
    "HashSha2_512",
];

const AUTHENTICATION: [&str; 11] = [
    "AuthPreSharedKey",
    "AuthDssSignatures",
    "AuthRsaSignatures",
    "AuthEncryptionWithRsa",
    "AuthRevisedEncryptionWithRsa",
    "AuthReserved",
    "AuthReserved",
    "AuthReserved",
    "AuthEcdsaSha256",
    "AuthEcdsaSha384",
    "AuthEcdsaSha512",
];

const GROUP: [&str; 30] = [
    "GroupDefault768BitModp",
    "GroupAlternate1024BitModpGroup",
    "GroupEc2nOnGp2p155",
    "GroupEc2nOnGp2p185",
    "GroupModp1536Bit",
    "GroupEc2nOverGf2p163",
    "GroupEc2nOverGf2p163",
    "GroupEc2nOverGf2p283",
    "GroupEc2nOverGf2p283",
    "GroupEc2nOverGf2p409",
    "GroupEc2nOverGf2p409",
    "GroupEc2nOverGf2p571",
    "GroupEc2nOverGf2p571",
    "GroupModp2048Bit",
    "GroupModp3072Bit",
    "GroupModp4096Bit",
    "GroupModp6144Bit",
    "GroupModp8192Bit",
    "GroupRandomEcp256",
    "GroupRandomEcp384",
    "GroupRandomEcp521",
    "GroupModp1024With160BitPrime",
    "GroupModp2048With224BitPrime",
    "GroupModp2048With256BitPrime",
    "GroupRandomEcp192",
    "GroupRandomEcp224",
    "GroupBrainpoolEcp224",
    "GroupBrainpoolEcp256",
    "GroupBrainpoolEcp384",
    "GroupBrainpoolEcp512",
];

/// What the value of an attribute of version 1 stands for.
pub(super) fn attribute_value(attribute: u16, value: u16) -> &'static str {
    let names: &[&str] = match attribute {
        1 => &ENCRYPTION,
        2 => &HASH,
        3 => &AUTHENTICATION,
        4 => &GROUP,
        11 => &["LifeTypeSeconds", "LifeTypeKilobytes"],
        _ => &[],
    };
    in_order(names, 1, value).unwrap_or("Unknown")
}

/// Payloads of version 2.
pub(super) fn payload2(number: u8) -> String {
    const NAMES: [&str; 16] = [
        "SecurityAssociation",
        "KeyExchange",
        "IdentInitiator",
        "IdentResponder",
        "Certificate",
        "CertificateRequest",
        "Authentication",
        "Nonce",
        "Notify",
        "Delete",
        "VendorID",
        "TrafficSelectorInitiator",
        "TrafficSelectorResponder",
        "EncryptedAndAuthenticated",
        "Configuration",
        "ExtensibleAuthentication",
    ];
    match number {
        0 => "NoNextPayload".to_owned(),
        _ => in_order(&NAMES, 33, number.into()).map_or_else(
            || format!("IkePayloadType({number} / 0x{number:x})"),
            str::to_owned,
        ),
    }
}

/// Notifications of version 2.
pub(super) fn notification(number: u16) -> String {
    const STATUS: [&str; 12] = [
        "INITIAL_CONTACT",
        "SET_WINDOW_SIZE",
        "ADDITIONAL_TS_POSSIBLE",
        "IPCOMP_SUPPORTED",
        "NAT_DETECTION_SOURCE_IP",
        "NAT_DETECTION_DESTINATION_IP",
        "COOKIE",
        "USE_TRANSPORT_MODE",
        "HTTP_CERT_LOOKUP_SUPPORTED",
        "REKEY_SA",
        "ESP_TFC_PADDING_NOT_SUPPORTED",
        "NON_FIRST_FRAGMENTS_ALSO",
    ];
    let name = match number {
        1 => "UNSUPPORTED_CRITICAL_PAYLOAD",
        4 => "INVALID_IKE_SPI",
        5 => "INVALID_MAJOR_VERSION",
        7 => "INVALID_SYNTAX",
        9 => "INVALID_MESSAGE_ID",
        11 => "INVALID_SPI",
        14 => "NO_PROPOSAL_CHOSEN",
        17 => "INVALID_KE_PAYLOAD",
        24 => "AUTHENTICATION_FAILED",
        34 => "SINGLE_PAIR_REQUIRED",
        35 => "NO_ADDITIONAL_SAS",
        36 => "INTERNAL_ADDRESS_FAILURE",
        37 => "FAILED_CP_REQUIRED",
        38 => "TS_UNACCEPTABLE",
        39 => "INVALID_SELECTORS",
        43 => "TEMPORARY_FAILURE",
        44 => "CHILD_SA_NOT_FOUND",
        _ => match in_order(&STATUS, 16384, number) {
            Some(name) => name,
            None => return format!("NotifyType({number} / 0x{number:x})"),
        },
    };
    name.to_owned()
}

const ENCRYPTION2: [&str; 29] = [
    "",
    "ENCR_DES_IV64",
    "ENCR_DES",
    "ENCR_3DES",
    "ENCR_RC5",
    "ENCR_IDEA",
    "ENCR_CAST",
    "ENCR_BLOWFISH",
    "ENCR_3IDEA",
    "ENCR_DES_IV32",
    "",
    "ENCR_NULL",
    "ENCR_AES_CBC",
    "ENCR_AES_CTR",
    "ENCR_AES_CCM_8",
    "ENCR_AES_CCM_12",
    "ENCR_AES_CCM_16",
    "",
    "ENCR_AES_GCM_8",
    "ENCR_AES_GCM_12",
    "ENCR_AES_GCM_16",
    "ENCR_NULL_AUTH_AES_GMAC",
    "",
    "ENCR_CAMELLIA_CBC",
    "ENCR_CAMELLIA_CTR",
    "ENCR_CAMELLIA_CCM_8",
    "ENCR_CAMELLIA_CCM_12",
    "ENCR_CAMELLIA_CCM_16",
    "ENCR_CHACHA20_POLY1305",
];

const PSEUDORANDOM: [&str; 9] = [
    "PRF_NULL",
    "PRF_HMAC_MD5",
    "PRF_HMAC_SHA1",
    "PRF_HMAC_TIGER",
    "PRF_AES128_XCBC",
    "PRF_HMAC_SHA2_256",
    "PRF_HMAC_SHA2_384",
    "PRF_HMAC_SHA2_512",
    "PRF_AES128_CMAC",
];

const INTEGRITY: [&str; 15] = [
    "NONE",
    "AUTH_HMAC_MD5_96",
    "AUTH_HMAC_SHA1_96",
    "AUTH_DES_MAC",
    "AUTH_KPDK_MD5",
    "AUTH_AES_XCBC_96",
    "AUTH_HMAC_MD5_128",
    "AUTH_HMAC_SHA1_160",
    "AUTH_AES_CMAC_96",
    "AUTH_AES_128_GMAC",
    "AUTH_AES_192_GMAC",
    "AUTH_AES_256_GMAC",
    "AUTH_HMAC_SHA2_256_128",
    "AUTH_HMAC_SHA2_384_192",
    "AUTH_HMAC_SHA2_512_256",
];

const DIFFIE_HELLMAN: [&str; 33] = [
    "None",
    "Modp768",
    "Modp1024",
    "",
    "",
    "Modp1536",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "Modp2048",
    "Modp3072",
    "Modp4096",
    "Modp6144",
    "Modp8192",
    "Ecp256",
    "Ecp384",
    "Ecp521",
    "Modp1024s160",
    "Modp2048s224",
    "Modp2048s256",
    "Ecp192",
    "Ecp224",
    "BrainpoolP224r1",
    "BrainpoolP256r1",
    "BrainpoolP384r1",
    "BrainpoolP512r1",
    "Curve25519",
    "Curve448",
];

/// Kinds of transforms of version 2, from 1 on.
pub(super) const KINDS2: [&str; 5] = ["alg_enc", "alg_prf", "alg_auth", "alg_dh", "alg_esn"];

/// What a transform of version 2 stands for, by its kind.
pub(super) fn transform(kind: u8, number: u16) -> String {
    let (names, family): (&[&str], _) = match kind {
        1 => (&ENCRYPTION2, "IkeTransformEncType"),
        2 => (&PSEUDORANDOM, "IkeTransformPRFType"),
        3 => (&INTEGRITY, "IkeTransformAuthType"),
        4 => (&DIFFIE_HELLMAN, "IkeTransformDHType"),
        _ => (&["NoESN", "ESN"], "IkeTransformESNType"),
    };
    in_order(names, 0, number).map_or_else(
        || format!("{family}({number} / 0x{number:x})"),
        str::to_owned,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_names() {
        assert_eq!(attribute_value(4, 2), "GroupAlternate1024BitModpGroup");
        assert_eq!(attribute_value(14, 256), "Unknown");
        assert_eq!(attribute(12), "sa_life_duration");
        assert_eq!(transform(1, 12), "ENCR_AES_CBC");
        assert_eq!(transform(4, 3), "IkeTransformDHType(3 / 0x3)");
        assert_eq!(payload2(40), "Nonce");
        assert_eq!(notification(16388), "NAT_DETECTION_SOURCE_IP");
    }
}
