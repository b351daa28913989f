//! Names of well-known interfaces and their operations, as their specifications have them.

/// An interface that has a name.
#[derive(Debug)]
pub struct Service {
    uuid: u128,
    /// Its name.
    pub name: &'static str,
    /// The names of its operations, with spaces between; an operation's number is its place.
    operations: &'static str,
}

impl Service {
    /// The name of an operation.
    pub fn operation(&self, number: u16) -> Option<&'static str> {
        let mut names = self.operations.split_ascii_whitespace();
        names.nth(usize::from(number)).filter(|name| *name != "-")
    }
}

/// The interface of an identifier, which is in the order of text.
pub fn service(uuid: &[u8; 16]) -> Option<&'static Service> {
    let uuid = u128::from_be_bytes(*uuid);
    SERVICES.iter().find(|service| service.uuid == uuid)
}

const fn of(uuid: u128, name: &'static str, operations: &'static str) -> Service {
    Service {
        uuid,
        name,
        operations,
    }
}

const SERVICES: [Service; 41] = [
    of(
        0x367abb81_9844_35f1_ad32_98f038001003,
        "svcctl",
        SERVICE_CONTROL,
    ),
    of(0x338cd001_2244_31f1_aaaa_900038001003, "winreg", REGISTRY),
    of(
        0x1ff70682_0a51_30e8_076d_740be8cee98b,
        "atsvc",
        "NetrJobAdd NetrJobDel NetrJobEnum NetrJobGetInfo",
    ),
    of(
        0xafa8bd80_7d8a_11c9_bef4_08002b102989,
        "mgmt",
        "inq_if_ids inq_stats is_server_listening stop_server_listening inq_princ_name",
    ),
    of(0x12345678_1234_abcd_ef00_01234567cffb, "netlogon", NETLOGON),
    of(0x12345778_1234_abcd_ef00_0123456789ac, "samr", ACCOUNTS),
    of(0x12345778_1234_abcd_ef00_0123456789ab, "lsarpc", AUTHORITY),
    of(0x4b324fc8_1670_01d3_1278_5a47bf6ee188, "srvsvc", SERVER),
    of(
        0x6bffd098_a112_3610_9833_46c3f87e345a,
        "wkssvc",
        WORKSTATION,
    ),
    of(
        0xe1af8308_5d1f_11c9_91a4_08002b14a0fa,
        "epmapper",
        "ept_insert ept_delete ept_lookup ept_map ept_lookup_handle_free ept_inq_object ept_mgmt_delete \
        ept_map_auth",
    ),
    of(
        0xe3514235_4b06_11d1_ab04_00c04fc2dcd2,
        "drsuapi",
        DIRECTORY_REPLICATION,
    ),
    of(0x12345678_1234_abcd_ef00_0123456789ab, "spoolss", PRINTING),
    of(
        0x76f03f96_cdfd_44fc_a22c_64950a001209,
        "IRemoteWinspool",
        "",
    ),
    of(
        0x86d35949_83c9_4044_b424_db363231fd0c,
        "ITaskSchedulerService",
        TASKS,
    ),
    of(
        0x378e52b0_c0a9_11cf_822d_00aa0051e40f,
        "sasec",
        "SASetAccountInformation SASetNSAccountInformation SAGetNSAccountInformation SAGetAccountInformation",
    ),
    of(
        0x0a74ef1c_41a4_4e06_83ae_dc74fb1cdd53,
        "idletask",
        "ItSrvRegisterIdleTask ItSrvUnregisterIdleTask ItSrvProcessIdleTasks ItSrvSetDetectionParameters",
    ),
    of(
        0x99fcfec4_5260_101b_bbcb_00aa0021347a,
        "IObjectExporter",
        "ResolveOxid SimplePing ComplexPing ServerAlive ResolveOxid2 ServerAlive2",
    ),
    of(
        0x4d9f4ab8_7d1c_11cf_861e_0020af6e7c57,
        "IActivation",
        "RemoteActivation",
    ),
    of(
        0x000001a0_0000_0000_c000_000000000046,
        "IRemoteSCMActivator",
        "QueryInterfaceIRemoteSCMActivator AddRefIRemoteISCMActivator ReleaseIRemoteISCMActivator \
        RemoteGetClassObject RemoteCreateInstance",
    ),
    of(
        0x00000143_0000_0000_c000_000000000046,
        "IRemUnknown2",
        "QueryInterface AddRef Release RemQueryInterface RemAddRef RemRelease RemQueryInterface2",
    ),
    of(
        0x9556dc99_828c_11cf_a37e_00aa003240c7,
        "IWbemServices",
        MANAGEMENT,
    ),
    of(
        0xf309ad18_d86a_11d0_a075_00c04fb68820,
        "IWbemLevel1Login",
        "- - - EstablishPosition RequestChallenge WBEMLogin NTLMLogin",
    ),
    of(
        0xd4781cd6_e5d3_44df_ad94_930efe48a887,
        "IWbemLoginClientID",
        "",
    ),
    of(
        0xf5cc5a18_4264_101a_8c59_08002b2f8426,
        "nspi",
        "NspiBind NspiUnbind NspiUpdateStat NspiQueryRows NspiSeekEntries NspiGetMatches NspiResortRestriction \
        NspiDNToEph NspiGetPropList NspiGetProps",
    ),
    of(
        0xf5cc59b4_4264_101a_8c59_08002b2f8426,
        "FrsRpc",
        "FrsRpcSendCommPkt FrsRpcVerifyPromotionParent FrsRpcStartPromotionParent FrsNOP",
    ),
    of(
        0x3919286a_b10c_11d0_9ba8_00c04fd92ef5,
        "dssetup",
        "DsRolerGetPrimaryDomainInformation",
    ),
    of(0x82273fdc_e32a_18c3_3f78_827929dc23ea, "eventlog", EVENTS),
    of(
        0x894de0c0_0d55_11d3_a322_00c04fa321a1,
        "InitShutdown",
        "BaseInitiateShutdown BaseAbortShutdown BaseInitiateShutdownEx",
    ),
    of(
        0xd95afe70_a6d5_4259_822e_2c84da1ddb0d,
        "WindowsShutdown",
        "WsdrInitiateShutdown WsdrAbortShutdown WsdrCheckForHiberboot",
    ),
    of(
        0x3dde7c30_165d_11d1_ab8f_00805f14db40,
        "BackupKey",
        "BackuprKey",
    ),
    of(
        0x50abc2a4_574d_40b3_9d66_ee4fd5fba076,
        "dnsserver",
        "DnssrvOperation DnssrvQuery DnssrvComplexOperation DnssrvEnumRecords DnssrvUpdateRecord \
        DnssrvOperation2 DnssrvQuery2 DnssrvComplexOperation2 DnssrvEnumRecords2 DnssrvUpdateRecord2",
    ),
    of(
        0x91ae6020_9e3c_11cf_8d7c_00aa00c091be,
        "ICertPassage",
        "CertServerRequest",
    ),
    of(
        0x4fc742e0_4a10_11cf_8273_00aa004ae673,
        "netdfs",
        FILE_SYSTEMS,
    ),
    of(
        0x17fdd703_1827_4e34_79d4_24a55c53bb37,
        "msgsvc",
        "NetrMessageNameAdd NetrMessageNameEnum NetrMessageNameGetInfo NetrMessageNameDel",
    ),
    of(
        0x5a7b91f8_ff00_11d0_a9b2_00c04fb6e6fc,
        "msgsvcsend",
        "NetrSendMessage",
    ),
    of(0x8d9f4e40_a03d_11ce_8f69_08003e30051b, "pnp", ""),
    of(0x6bffd098_a112_3610_9833_012892020162, "browser", ""),
    of(0x5ca4a760_ebb1_11cf_8611_00a0245420ed, "winstation_rpc", ""),
    of(
        0x12b81e99_f207_4a4c_85d3_77b42f76fd14,
        "ISeclogon",
        "SeclCreateProcessWithLogonW",
    ),
    of(0x3c4728c5_f0ab_448b_bda1_6ce01eb0a6d5, "RpcSrvDHCPC", ""),
    of(0x51c82175_844e_4750_b0d8_ec255555bc06, "KMS", ""),
];

const SERVICE_CONTROL: &str = "\
    CloseServiceHandle ControlService DeleteService LockServiceDatabase QueryServiceObjectSecurity \
    SetServiceObjectSecurity QueryServiceStatus SetServiceStatus UnlockServiceDatabase NotifyBootConfigStatus \
    ScSetServiceBitsW ChangeServiceConfigW CreateServiceW EnumDependentServicesW EnumServicesStatusW \
    OpenSCManagerW OpenServiceW QueryServiceConfigW QueryServiceLockStatusW StartServiceW \
    GetServiceDisplayNameW GetServiceKeyNameW ScSetServiceBitsA ChangeServiceConfigA CreateServiceA \
    EnumDependentServicesA EnumServicesStatusA OpenSCManagerA OpenServiceA QueryServiceConfigA \
    QueryServiceLockStatusA StartServiceA GetServiceDisplayNameA GetServiceKeyNameA ScGetCurrentGroupStateW \
    EnumServiceGroupW ChangeServiceConfig2A ChangeServiceConfig2W QueryServiceConfig2A QueryServiceConfig2W \
    QueryServiceStatusEx EnumServicesStatusExA EnumServicesStatusExW ScSendTSMessage CreateServiceWOW64A \
    CreateServiceWOW64W ScQueryServiceTagInfo NotifyServiceStatusChange GetNotifyResults CloseNotifyHandle \
    ControlServiceExA ControlServiceExW ScSendPnPMessage ScValidatePnPService ScOpenServiceStatusHandle \
    QueryServiceConfig QueryServiceConfigEx ScQueryServiceConfig QueryServicePreshutdownInfo - \
    CreateServiceWOW64W - - - OpenSCManager2";

const REGISTRY: &str = "\
    OpenClassesRoot OpenCurrentUser OpenLocalMachine OpenPerformanceData OpenUsers BaseRegCloseKey \
    BaseRegCreateKey BaseRegDeleteKey BaseRegDeleteValue BaseRegEnumKey BaseRegEnumValue BaseRegFlushKey \
    BaseRegGetKeySecurity BaseRegLoadKey BaseRegNotifyChangeKeyValue BaseRegOpenKey BaseRegQueryInfoKey \
    BaseRegQueryValue BaseRegReplaceKey BaseRegRestoreKey BaseRegSaveKey BaseRegSetKeySecurity BaseRegSetValue \
    BaseRegUnLoadKey BaseInitiateSystemShutdown BaseAbortSystemShutdown BaseRegGetVersion OpenCurrentConfig \
    OpenDynData BaseRegQueryMultipleValues BaseInitiateSystemShutdownEx BaseRegSaveKeyEx OpenPerformanceText \
    OpenPerformanceNlsText BaseRegQueryMultipleValues2 BaseRegDeleteKeyEx";

const NETLOGON: &str = "\
    NetrLogonUasLogon NetrLogonUasLogoff NetrLogonSamLogon NetrLogonSamLogoff NetrServerReqChallenge \
    NetrServerAuthenticate NetrServerPasswordSet NetrDatabaseDeltas NetrDatabaseSync NetrAccountDeltas \
    NetrAccountSync NetrGetDCName NetrLogonControl NetrGetAnyDCName NetrLogonControl2 NetrServerAuthenticate2 \
    NetrDatabaseSync2 NetrDatabaseRedo NetrLogonControl2Ex NetrEnumerateTrustedDomains DsrGetDcName \
    NetrLogonGetCapabilities NetrLogonSetServiceBits NetrLogonGetTrustRid NetrLogonComputeServerDigest \
    NetrLogonComputeClientDigest NetrServerAuthenticate3 DsrGetDcNameEx DsrGetSiteName NetrLogonGetDomainInfo \
    NetrServerPasswordSet2 NetrServerPasswordGet NetrLogonSendToSam DsrAddressToSiteNamesW DsrGetDcNameEx2 \
    NetrLogonGetTimeServiceParentDomain NetrEnumerateTrustedDomainsEx DsrAddressToSiteNamesExW \
    DsrGetDcSiteCoverageW NetrLogonSamLogonEx DsrEnumerateDomainTrusts DsrDeregisterDnsHostRecords \
    NetrServerTrustPasswordsGet DsrGetForestTrustInformation NetrGetForestTrustInformation \
    NetrLogonSamLogonWithFlags NetrServerGetTrustInfo - DsrUpdateReadOnlyServerDnsRecords \
    NetrChainSetClientAttributes";

const ACCOUNTS: &str = "\
    SamrConnect SamrCloseHandle SamrSetSecurityObject SamrQuerySecurityObject SamrShutdownSamServer \
    SamrLookupDomainInSamServer SamrEnumerateDomainsInSamServer SamrOpenDomain SamrQueryInformationDomain \
    SamrSetInformationDomain SamrCreateGroupInDomain SamrEnumerateGroupsInDomain SamrCreateUserInDomain \
    SamrEnumerateUsersInDomain SamrCreateAliasInDomain SamrEnumerateAliasesInDomain SamrGetAliasMembership \
    SamrLookupNamesInDomain SamrLookupIdsInDomain SamrOpenGroup SamrQueryInformationGroup \
    SamrSetInformationGroup SamrAddMemberToGroup SamrDeleteGroup SamrRemoveMemberFromGroup \
    SamrGetMembersInGroup SamrSetMemberAttributesOfGroup SamrOpenAlias SamrQueryInformationAlias \
    SamrSetInformationAlias SamrDeleteAlias SamrAddMemberToAlias SamrRemoveMemberFromAlias \
    SamrGetMembersInAlias SamrOpenUser SamrDeleteUser SamrQueryInformationUser SamrSetInformationUser \
    SamrChangePasswordUser SamrGetGroupsForUser SamrQueryDisplayInformation SamrGetDisplayEnumerationIndex \
    SamrTestPrivateFunctionsDomain SamrTestPrivateFunctionsUser SamrGetUserDomainPasswordInformation \
    SamrRemoveMemberFromForeignDomain SamrQueryInformationDomain2 SamrQueryInformationUser2 \
    SamrQueryDisplayInformation2 SamrGetDisplayEnumerationIndex2 SamrCreateUser2InDomain \
    SamrQueryDisplayInformation3 SamrAddMultipleMembersToAlias SamrRemoveMultipleMembersFromAlias \
    SamrOemChangePasswordUser2 SamrUnicodeChangePasswordUser2 SamrGetDomainPasswordInformation SamrConnect2 \
    SamrSetInformationUser2 SamrSetBootKeyInformation SamrGetBootKeyInformation SamrConnect3 SamrConnect4 \
    SamrUnicodeChangePasswordUser3 SamrConnect5 SamrRidToSid SamrSetDSRMPassword SamrValidatePassword";

const AUTHORITY: &str = "\
    LsarClose LsarDelete LsarEnumeratePrivileges LsarQuerySecurityObject LsarSetSecurityObject \
    LsarChangePassword LsarOpenPolicy LsarQueryInformationPolicy LsarSetInformationPolicy LsarClearAuditLog \
    LsarCreateAccount LsarEnumerateAccounts LsarCreateTrustedDomain LsarEnumerateTrustedDomains \
    LsarLookupNames LsarLookupSids LsarCreateSecret LsarOpenAccount LsarEnumeratePrivilegesAccount \
    LsarAddPrivilegesToAccount LsarRemovePrivilegesFromAccount LsarGetQuotasForAccount LsarSetQuotasForAccount \
    LsarGetSystemAccessAccount LsarSetSystemAccessAccount LsarOpenTrustedDomain LsarQueryInfoTrustedDomain \
    LsarSetInformationTrustedDomain LsarOpenSecret LsarSetSecret LsarQuerySecret LsarLookupPrivilegeValue \
    LsarLookupPrivilegeName LsarLookupPrivilegeDisplayName LsarDeleteObject LsarEnumerateAccountsWithUserRight \
    LsarEnumerateAccountRights LsarAddAccountRights LsarRemoveAccountRights LsarQueryTrustedDomainInfo \
    LsarSetTrustedDomainInfo LsarDeleteTrustedDomain LsarStorePrivateData LsarRetrievePrivateData \
    LsarOpenPolicy2 LsarGetUserName LsarQueryInformationPolicy2 LsarSetInformationPolicy2 \
    LsarQueryTrustedDomainInfoByName LsarSetTrustedDomainInfoByName LsarEnumerateTrustedDomainsEx \
    LsarCreateTrustedDomainEx LsarCloseTrustedDomainEx LsarQueryDomainInformationPolicy \
    LsarSetDomainInformationPolicy LsarOpenTrustedDomainByName LsarTestCall LsarLookupSids2 LsarLookupNames2 \
    LsarCreateTrustedDomainEx2 CredrWrite CredrRead CredrEnumerate CredrWriteDomainCredentials \
    CredrReadDomainCredentials CredrDelete CredrGetTargetInfo CredrProfileLoaded LsarLookupNames3 \
    CredrGetSessionTypes LsarRegisterAuditEvent LsarGenAuditEvent LsarUnregisterAuditEvent \
    LsarQueryForestTrustInformation LsarSetForestTrustInformation CredrRename LsarLookupSids3 LsarLookupNames4";

const SERVER: &str = "\
    NetrCharDevEnum NetrCharDevGetInfo NetrCharDevControl NetrCharDevQEnum NetrCharDevQGetInfo \
    NetrCharDevQSetInfo NetrCharDevQPurge NetrCharDevQPurgeSelf NetrConnectionEnum NetrFileEnum \
    NetrFileGetInfo NetrFileClose NetrSessionEnum NetrSessionDel NetrShareAdd NetrShareEnum NetrShareGetInfo \
    NetrShareSetInfo NetrShareDel NetrShareDelSticky NetrShareCheck NetrServerGetInfo NetrServerSetInfo \
    NetrServerDiskEnum NetrServerStatisticsGet NetrServerTransportAdd NetrServerTransportEnum \
    NetrServerTransportDel NetrRemoteTOD NetrServerSetServiceBits NetprPathType NetprPathCanonicalize \
    NetprPathCompare NetprNameValidate NetprNameCanonicalize NetprNameCompare NetrShareEnumSticky \
    NetrShareDelStart NetrShareDelCommit NetrpGetFileSecurity NetrpSetFileSecurity NetrServerTransportAddEx \
    NetrServerSetServiceBitsEx NetrDfsGetVersion NetrDfsCreateLocalPartition NetrDfsDeleteLocalPartition \
    NetrDfsSetLocalVolumeState NetrDfsSetServerInfo NetrDfsCreateExitPoint NetrDfsDeleteExitPoint \
    NetrDfsModifyPrefix NetrDfsFixLocalVolume NetrDfsManagerReportSiteInfo NetrServerTransportDelEx \
    NetrServerAliasAdd NetrServerAliasEnum NetrServerAliasDel NetrShareDelEx";

const WORKSTATION: &str = "\
    NetrWkstaGetInfo NetrWkstaSetInfo NetrWkstaUserEnum NetrWkstaUserGetInfo NetrWkstaUserSetInfo \
    NetrWkstaTransportEnum NetrWkstaTransportAdd NetrWkstaTransportDel NetrUseAdd NetrUseGetInfo NetrUseDel \
    NetrUseEnum NetrMessageBufferSend NetrWorkstationStatisticsGet NetrLogonDomainNameAdd \
    NetrLogonDomainNameDel NetrJoinDomain NetrUnjoinDomain NetrRenameMachineInDomain NetrValidateName \
    NetrGetJoinInformation NetrGetJoinableOUs NetrJoinDomain2 NetrUnjoinDomain2 NetrRenameMachineInDomain2 \
    NetrValidateName2 NetrGetJoinableOUs2 NetrAddAlternateComputerName NetrRemoveAlternateComputerName \
    NetrSetPrimaryComputerName NetrEnumerateComputerNames";

const DIRECTORY_REPLICATION: &str = "\
    DRSBind DRSUnbind DRSReplicaSync DRSGetNCChanges DRSUpdateRefs DRSReplicaAdd DRSReplicaDel \
    DRSReplicaModify DRSVerifyNames DRSGetMemberships DRSInterDomainMove DRSGetNT4ChangeLog DRSCrackNames \
    DRSWriteSPN DRSRemoveDsServer DRSRemoveDsDomain DRSDomainControllerInfo DRSAddEntry DRSExecuteKCC \
    DRSGetReplInfo DRSAddSidHistory DRSGetMemberships2 DRSReplicaVerifyObjects DRSGetObjectExistence \
    DRSQuerySitesByCost DRSInitDemotion DRSReplicaDemotion DRSFinishDemotion DRSAddCloneDC DRSWriteNgcKey \
    DRSReadNgcKey";

const PRINTING: &str = "\
    RpcEnumPrinters RpcOpenPrinter RpcSetJob RpcGetJob RpcEnumJobs RpcAddPrinter RpcDeletePrinter \
    RpcSetPrinter RpcGetPrinter RpcAddPrinterDriver RpcEnumPrinterDrivers RpcGetPrinterDriver \
    RpcGetPrinterDriverDirectory RpcDeletePrinterDriver RpcAddPrintProcessor RpcEnumPrintProcessors \
    RpcGetPrintProcessorDirectory RpcStartDocPrinter RpcStartPagePrinter RpcWritePrinter RpcEndPagePrinter \
    RpcAbortPrinter RpcReadPrinter RpcEndDocPrinter RpcAddJob RpcScheduleJob RpcGetPrinterData \
    RpcSetPrinterData RpcWaitForPrinterChange RpcClosePrinter";

const TASKS: &str = "\
    SchRpcHighestVersion SchRpcRegisterTask SchRpcRetrieveTask SchRpcCreateFolder SchRpcSetSecurity \
    SchRpcGetSecurity SchRpcEnumFolder SchRpcEnumTasks SchRpcEnumInstances SchRpcGetInstanceInfo \
    SchRpcStopInstance SchRpcStop SchRpcRun SchRpcDelete SchRpcRename SchRpcScheduledRuntimes \
    SchRpcGetLastRunInfo SchRpcGetTaskInfo";

const MANAGEMENT: &str = "\
    - - - OpenNamespace CancelAsyncCall QueryObjectSink GetObject GetObjectAsync PutClass PutClassAsync \
    DeleteClass DeleteClassAsync CreateClassEnum CreateClassEnumAsync PutInstance PutInstanceAsync \
    DeleteInstance DeleteInstanceAsync CreateInstanceEnum CreateInstanceEnumAsync ExecQuery ExecQueryAsync \
    ExecNotificationQuery ExecNotificationQueryAsync ExecMethod ExecMethodAsync";

const EVENTS: &str = "\
    ElfrClearELFW ElfrBackupELFW ElfrCloseEL ElfrDeregisterEventSource ElfrNumberOfRecords ElfrOldestRecord \
    ElfrChangeNotify ElfrOpenELW ElfrRegisterEventSourceW ElfrOpenBELW ElfrReadELW ElfrReportEventW \
    ElfrClearELFA ElfrBackupELFA ElfrOpenELA ElfrRegisterEventSourceA ElfrOpenBELA ElfrReadELA \
    ElfrReportEventA ElfrRegisterClusterSvc ElfrDeregisterClusterSvc ElfrWriteClusterEvents \
    ElfrGetLogInformation ElfrFlushEL";

const FILE_SYSTEMS: &str = "\
    NetrDfsManagerGetVersion NetrDfsAdd NetrDfsRemove NetrDfsSetInfo NetrDfsGetInfo NetrDfsEnum NetrDfsMove - \
    NetrDfsManagerGetConfigInfo NetrDfsManagerSendSiteInfo NetrDfsAddFtRoot NetrDfsRemoveFtRoot \
    NetrDfsAddStdRoot NetrDfsRemoveStdRoot NetrDfsManagerInitialize NetrDfsAddStdRootForced \
    NetrDfsGetDcAddress NetrDfsSetDcAddress NetrDfsFlushFtTable NetrDfsAdd2 NetrDfsRemove2 NetrDfsEnumEx \
    NetrDfsSetInfo2 NetrDfsAddRootTarget";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_found_by_its_number() {
        let uuid = 0x367abb81_9844_35f1_ad32_98f038001003_u128.to_be_bytes();
        let found = service(&uuid).map(|service| (service.name, service.operation(15)));
        assert_eq!(found, Some(("svcctl", Some("OpenSCManagerW"))));
        assert!(service(&[0; 16]).is_none());
        assert_eq!(SERVICES[0].operation(999), None);
    }
}
