//! SMB, DCE/RPC, NFS, Kerberos and LDAP.

use super::row::*;

const SMB: &[&str] = &["smb"];
const DCERPC: &[&str] = &["dcerpc", "smb"];
const NFS: &[&str] = &["nfs"];
const KRB5: &[&str] = &["krb5"];
const LDAP: &[&str] = &["ldap"];

family! { 11;
    SMB_NAMED_PIPE = "smb.named_pipe", buffer("The pipe of a tree connect").aliases(&[suricata("smb_named_pipe")]).of(SMB).to_server();
    SMB_SHARE = "smb.share", buffer("The share of a tree connect").aliases(&[suricata("smb_share")]).of(SMB).to_server();
    SMB_NTLMSSP_USER = "smb.ntlmssp_user", buffer("The user of a session setup").aliases(&[suricata("smb_ntlmssp_user")]).of(SMB).to_server();
    SMB_NTLMSSP_DOMAIN = "smb.ntlmssp_domain", buffer("The domain of a session setup").aliases(&[suricata("smb_ntlmssp_domain")]).of(SMB).to_server();
    SMB_VERSION = "smb.version", field(Grammar::Integer(8), "Version of SMB").of(SMB);
    DCERPC_IFACE = "dcerpc.iface", field(Grammar::Text, "Interface of a DCE/RPC call").aliases(&[everywhere("dce_iface")]).of(DCERPC);
    DCERPC_OPNUM = "dcerpc.opnum", field(Grammar::Text, "Operation of a DCE/RPC call").aliases(&[everywhere("dce_opnum")]).of(DCERPC);
    DCERPC_STUB_DATA = "dcerpc.stub_data", buffer("The arguments of a DCE/RPC call").aliases(&[everywhere("dce_stub_data")]).of(DCERPC);
    NFS_PROCEDURE = "nfs_procedure", field(Grammar::IntegerOrName(32), "Procedure of NFS").aliases(&[suricata("nfs.procedure")]).of(NFS);
    NFS_VERSION = "nfs.version", field(Grammar::Integer(32), "Version of NFS").aliases(&[suricata("nfs_version")]).of(NFS);
    KRB5_CNAME = "krb5.cname", buffer("The client's name").aliases(&[suricata("krb5_cname")]).of(KRB5).to_client().multi();
    KRB5_SNAME = "krb5.sname", buffer("The server's name").aliases(&[suricata("krb5_sname")]).of(KRB5).to_client().multi();
    KRB5_ERR_CODE = "krb5_err_code", field(Grammar::IntegerOrName(32), "Error code of Kerberos").aliases(&[suricata("krb5.err_code")]).of(KRB5);
    KRB5_MSG_TYPE = "krb5_msg_type", field(Grammar::IntegerOrName(32), "Message type of Kerberos").aliases(&[suricata("krb5.msg_type")]).of(KRB5);
    KRB5_TICKET_ENCRYPTION = "krb5.ticket_encryption", field(Grammar::Text, "Encryption of a ticket").of(KRB5);
    LDAP_REQUEST_OPERATION = "ldap.request.operation", field(Grammar::IntegerOrName(8), "Operation of a request").of(LDAP).to_server();
    LDAP_RESPONSES_OPERATION = "ldap.responses.operation", field(Grammar::IntegerOrName(8), "Operation of a response").of(LDAP).to_client();
    LDAP_RESPONSES_COUNT = "ldap.responses.count", field(Grammar::Integer(32), "Number of responses").of(LDAP).to_client();
    LDAP_RESPONSES_RESULT_CODE = "ldap.responses.result_code", field(Grammar::IntegerOrName(32), "Result code of a response").of(LDAP).to_client();
    LDAP_REQUEST_DN = "ldap.request.dn", buffer("Distinguished name of a request").of(LDAP).to_server();
    LDAP_RESPONSES_DN = "ldap.responses.dn", buffer("Distinguished name of a response").of(LDAP).to_client().multi();
    LDAP_RESPONSES_MESSAGE = "ldap.responses.message", buffer("Error message of a response").of(LDAP).to_client().multi();
    LDAP_REQUEST_ATTRIBUTE_TYPE = "ldap.request.attribute_type", buffer("An attribute of a request").of(LDAP).to_server().multi();
    LDAP_RESPONSES_ATTRIBUTE_TYPE = "ldap.responses.attribute_type", buffer("An attribute of a response").of(LDAP).to_client().multi();
}
