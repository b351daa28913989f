//! Files in transfer.

use super::row::*;
use crate::dialect::Dialects;

const FILE: &[&str] = &["http", "smtp", "ftp-data", "smb", "nfs", "http2"];
const SNORT3: Dialects = Dialects::SNORT3;

family! { 9;
    DATA = "file.data", Keyword::new(Kind::Buffer, Grammar::Optional, "The content of a file").aliases(&[everywhere("file_data"), snort3("js_data")]).of(FILE);
    NAME = "file.name", buffer("The name of a file").of(FILE);
    MAGIC = "file.magic", buffer("What libmagic says of a file").of(FILE);
    FILENAME = "filename", field(Grammar::Quoted, "The name of a file").of(FILE);
    FILEEXT = "fileext", field(Grammar::Quoted, "The extension of a file's name").of(FILE);
    FILEMAGIC = "filemagic", field(Grammar::Quoted, "What libmagic says of a file").of(FILE);
    FILEMD5 = "filemd5", field(Grammar::Text, "The MD5 digest of a file, in a list").of(FILE);
    FILESHA1 = "filesha1", field(Grammar::Text, "The SHA-1 digest of a file, in a list").of(FILE);
    FILESHA256 = "filesha256", field(Grammar::Text, "The SHA-256 digest of a file, in a list").of(FILE);
    FILESIZE = "filesize", field(Grammar::Integer(64), "The size of a file").of(FILE);
    FILE_TYPE = "file_type", field(Grammar::Text, "Type of a file").only(Dialects::SNORT2.union(SNORT3));
    FILE_GROUP = "file_group", field(Grammar::Text, "Group of types of files").only(Dialects::SNORT2);
    FILE_META = "file_meta", Keyword::new(Kind::Meta, Grammar::Text, "Type, identifier and group that a file rule identifies").only(SNORT3);
    VBA_DATA = "vba_data", buffer("Macros of an office document").only(SNORT3);
}

/// Whether a keyword is one of this family.
pub(crate) const fn is_family(id: super::KeywordId) -> bool {
    id.index() >> 8 == DATA.index() >> 8
}
