//! Keywords that say something about the rule.

use super::row::*;
use crate::dialect::Dialects;

family! { 0;
    MSG = "msg", Keyword::new(Kind::Meta, Grammar::Own, "The message of the alert").common().evaluated();
    SID = "sid", Keyword::new(Kind::Meta, Grammar::Own, "Number of the rule").common().evaluated();
    GID = "gid", Keyword::new(Kind::Meta, Grammar::Own, "Number of the group that the rule's number belongs to").common().evaluated();
    REV = "rev", Keyword::new(Kind::Meta, Grammar::Own, "Revision of the rule").common().evaluated();
    CLASSTYPE = "classtype", Keyword::new(Kind::Meta, Grammar::Own, "Class of attack, from classification.config").common().evaluated();
    PRIORITY = "priority", Keyword::new(Kind::Meta, Grammar::Own, "Urgency, 1 being the greatest; overrides that of the class").common().evaluated();
    REFERENCE = "reference", Keyword::new(Kind::Meta, Grammar::Own, "Where to read about what the rule detects").common().evaluated();
    METADATA = "metadata", Keyword::new(Kind::Meta, Grammar::Own, "Keys and values that are shown with the alert").common().evaluated();
    TARGET = "target", Keyword::new(Kind::Meta, Grammar::Own, "Which end of the match is the target of the attack").evaluated();
    REQUIRES = "requires", Keyword::new(Kind::Meta, Grammar::Own, "Versions and features without which the rule is skipped").evaluated();
    SERVICE = "service", Keyword::new(Kind::Meta, Grammar::Own, "Application protocols that the rule is for").only(Dialects::SNORT3).evaluated();
    REM = "rem", Keyword::new(Kind::Meta, Grammar::Text, "A remark").only(Dialects::SNORT3).evaluated();
    ENABLE = "enable", Keyword::new(Kind::Meta, Grammar::Words(&["no", "yes", "inherit"]), "Whether the rule is in force").only(Dialects::SNORT3).evaluated();
    SOID = "soid", Keyword::new(Kind::Meta, Grammar::Text, "Number of a rule that comes as a shared object").only(Dialects::SNORT3);
    PREFILTER = "prefilter", Keyword::new(Kind::Meta, Grammar::None, "The keyword before it decides first").evaluated();
}
