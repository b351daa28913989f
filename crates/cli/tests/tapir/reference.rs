//! Pages made from the tables of the binary: keywords, lints, manual.

use std::fs;

use crate::{project, stderr, stdout, tapir};

#[test]
fn pages_of_keywords_and_lints_are_fresh() {
    for what in ["keywords", "lints"] {
        let made = tapir().args(["list", what, "--markdown"]).output().unwrap();
        let (page, path) = (stdout(&made), project(&format!("docs/{what}.md")));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        assert!(
            fs::read_to_string(&path).unwrap_or_default() == page,
            "write docs/{what}.md anew: tapir list {what} --markdown > docs/{what}.md"
        );
    }
}

#[test]
fn every_keyword_has_a_row_on_its_page() {
    let keywords = stdout(&tapir().args(["list", "keywords"]).output().unwrap());
    let page = fs::read_to_string(project("docs/keywords.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ")).count();
    let heads = page.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(keywords.lines().count(), rows - heads);
}

#[test]
fn commands_have_manual_pages() {
    let check = stdout(&tapir().args(["man", "check"]).output().unwrap());
    assert!(
        check.contains(".TH tapir-check 1  \"tapir ") && check.contains("\\-\\-fix"),
        "{check}"
    );
    let folder = tempfile::tempdir().unwrap();
    let all = tapir()
        .args(["man", "--dir"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(all.status.success(), "{}", stderr(&all));
    for page in [
        "tapir.1",
        "tapir-check.1",
        "tapir-explain.1",
        "tapir-test.1",
    ] {
        assert!(folder.path().join(page).is_file(), "{page}");
    }
    let none = tapir().args(["man", "chekc"]).output().unwrap();
    assert_eq!(none.status.code(), Some(2));
    assert!(stderr(&none).contains("check"), "{}", stderr(&none));
}
