//! The frame that a rule looks at.

use tapir_protocols::AppProto;
use tapir_rules::Rule as Tree;
use tapir_rules::keywords::flow;
use tapir_rules::tree::{Opt, ProtocolName};

use super::Workshop;
use super::rule::{Current, Parts};
use crate::error::CompileError;
use crate::frame::FramePart;
use crate::section::SectionDraft;

impl Parts {
    /// What follows looks at a frame: one of the protocol that its name begins with, or else of the rule's.
    pub(super) fn enter_frame(
        &mut self,
        tree: &Tree,
        option: &Opt,
        name: &str,
    ) -> Result<(), CompileError> {
        let refused = |message: String| CompileError::refused(option.value.range(), message);
        let meant = find(tree, name)
            .ok_or_else(|| refused(format!("no protocol has frames named `{name}`")))?;
        if *self.frame.get_or_insert(meant) != meant {
            return Err(refused(
                "a rule looks at one kind of frames only".to_owned(),
            ));
        }
        self.frames.push(SectionDraft::of(flow::FRAME));
        self.current = Current::Frame(self.frames.len() - 1);
        Ok(())
    }

    /// What the rule asks of a frame, if it does.
    pub(super) fn frame_part(
        &mut self,
        shop: &mut Workshop<'_>,
        tree: &Tree,
    ) -> Result<Option<Box<FramePart>>, CompileError> {
        let Some((proto, kind)) = self.frame else {
            return Ok(None);
        };
        if !self.sections.is_empty() || !self.tests.is_empty() {
            return Err(CompileError::refused(
                tree.span.range(),
                "a rule looks at frames or at transactions, not at both",
            ));
        }
        let drafts = std::mem::take(&mut self.frames).into_iter();
        let sections = drafts
            .filter_map(|draft| draft.compile(shop).transpose())
            .collect::<Result<Box<[_]>, _>>()?;
        Ok(Some(Box::new(FramePart {
            proto,
            kind,
            sections,
        })))
    }
}

/// The frame of a name.
fn find(tree: &Tree, name: &str) -> Option<(AppProto, u8)> {
    let of = |proto: AppProto, name: &str| Some((proto, proto.frame_kind(name)?));
    let prefixed = name.split_once('.').and_then(|(proto, name)| {
        let proto = AppProto::from_name(proto)?;
        of(proto, name)
    });
    prefixed.or_else(|| match tree.header.protocol.name {
        ProtocolName::App(proto) => {
            let proto = AppProto::from_name(proto)?;
            // The protocol may stand for several.
            let mut all = AppProto::ALL.iter();
            of(proto, name).or_else(|| {
                all.find(|other| proto.covers(**other))
                    .and_then(|other| of(*other, name))
            })
        }
        _ => None,
    })
}
