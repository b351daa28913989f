use super::*;

fn sets(dir: &Path) -> DataSets {
    let config = DataSetConfig {
        load_dir: dir.into(),
        state_dir: dir.into(),
        ..Default::default()
    };
    DataSets::new(config, None).0
}

fn option(action: BitAction, kind: DataKind) -> Dataset {
    Dataset {
        action,
        name: "seen".into(),
        kind: Some(kind),
        load: None,
        save: None,
        state: None,
        memcap: None,
        hashsize: None,
        format: None,
        extra: Vec::new(),
    }
}

fn yes(sets: &DataSets, used: &DataSetUse, value: &[u8]) -> bool {
    used.ask(sets, value, |_, _| {})
}

#[test]
fn setting_holds_once_and_is_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let mut sets = sets(dir.path());
    let is_set = sets
        .open(&option(BitAction::IsSet, DataKind::String), None)
        .unwrap();
    let set = sets
        .open(&option(BitAction::Set, DataKind::String), None)
        .unwrap();
    let unset = sets
        .open(&option(BitAction::Unset, DataKind::String), None)
        .unwrap();
    assert!(!yes(&sets, &is_set, b"a"));
    assert!(yes(&sets, &set, b"a") && !yes(&sets, &set, b"a"));
    assert!(yes(&sets, &is_set, b"a"));
    assert!(yes(&sets, &unset, b"a") && !yes(&sets, &is_set, b"a"));
    assert!(is_set.is_changing(&sets));
}

#[test]
fn a_state_file_is_written_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut wanted = option(BitAction::Set, DataKind::Ip);
    wanted.state = Some("seen.csv".into());
    let mut first = sets(dir.path());
    let set = first.open(&wanted, None).unwrap();
    assert!(yes(&first, &set, &[10, 0, 0, 1]));
    assert!(yes(&first, &set, &[0x20; 16]));
    assert!(first.save().is_empty());
    let text = std::fs::read_to_string(dir.path().join("seen.csv")).unwrap();
    assert_eq!(text, "10.0.0.1\n2020:2020:2020:2020:2020:2020:2020:2020\n");
    let mut second = sets(dir.path());
    let set = second.open(&wanted, None).unwrap();
    assert!(!yes(&second, &set, &[10, 0, 0, 1]));
}

#[test]
fn subdomains_count_when_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("domains.lst"), "ZXZpbC5leGFtcGxl\n").unwrap();
    let mut wanted = option(BitAction::IsSet, DataKind::String);
    wanted.load = Some("domains.lst".into());
    wanted.extra = vec![("match".into(), "subdomain".into())];
    let mut sets = sets(dir.path());
    let used = sets.open(&wanted, None).unwrap();
    assert!(!used.is_changing(&sets));
    assert!(yes(&sets, &used, b"evil.example") && yes(&sets, &used, b"www.evil.example"));
    assert!(!yes(&sets, &used, b"notevil.example"));
}

#[test]
fn json_tells_what_it_knows() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("a.json"),
        r#"{"list":[{"ip":"10.0.0.1","why":"test"}]}"#,
    )
    .unwrap();
    let mut wanted = option(BitAction::IsSet, DataKind::Ipv4);
    wanted.load = Some("a.json".into());
    wanted.format = Some("json".into());
    wanted.extra = ["array_key list", "value_key ip", "context_key about"]
        .iter()
        .filter_map(|pair| pair.split_once(' '))
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    let mut sets = sets(dir.path());
    let used = sets.open(&wanted, None).unwrap();
    let mut told = Vec::new();
    assert!(used.ask(&sets, &[10, 0, 0, 1], |key, text| {
        told.push((key.to_owned(), text.to_owned()))
    }));
    assert_eq!(
        told,
        [(
            "about".to_owned(),
            r#"{"ip":"10.0.0.1","why":"test"}"#.to_owned()
        )]
    );
}

#[test]
fn a_reputation_is_compared() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("rep.csv"), "10.0.0.1,80\n10.0.0.2,20\n").unwrap();
    let wanted = Datarep {
        name: "rep".into(),
        op: IntegerOp::Greater,
        value: 50,
        kind: Some(DataKind::Ipv4),
        load: Some("rep.csv".into()),
        state: None,
        memcap: None,
        hashsize: None,
    };
    let mut sets = sets(dir.path());
    let used = sets.open_reputation(&wanted, None).unwrap();
    assert!(yes(&sets, &used, &[10, 0, 0, 1]));
    assert!(!yes(&sets, &used, &[10, 0, 0, 2]) && !yes(&sets, &used, &[10, 0, 0, 3]));
}

#[test]
fn a_full_set_takes_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut wanted = option(BitAction::Set, DataKind::String);
    wanted.memcap = Some(100);
    let mut sets = sets(dir.path());
    let set = sets.open(&wanted, None).unwrap();
    assert!(yes(&sets, &set, b"one"));
    assert!(!yes(&sets, &set, b"another"));
}

#[test]
fn rules_write_into_the_data_directory_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut sets = sets(dir.path());
    for file in ["../out.csv", "a/../../out.csv", "/out.csv"] {
        let mut wanted = option(BitAction::Set, DataKind::String);
        wanted.save = Some(file.into());
        assert!(sets.open(&wanted, None).is_err(), "{file}");
    }
}
