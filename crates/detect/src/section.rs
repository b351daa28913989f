//! Options that look at one buffer together.

use tapir_packet::{Direction, Packet, ip_proto};
use tapir_rules::keywords::BufferId;
use tapir_rules::tree::{Content, Opt, OptionKind, Transform};

use crate::alert::Evidence;
use crate::compile::Workshop;
use crate::context::PacketContext;
use crate::data_set::{DataSetUse, DataSets};
use crate::error::CompileError;
use crate::flow_state::FlowState;
use crate::header::buffer;
use crate::payload::{self, InspectBuffer, Program, ProgramScratch};
use crate::recorder::Recorder;
use crate::transform::{TransformChain, TransformWork};

/// Options that look at one buffer, compiled.
#[derive(Debug)]
pub(crate) struct Section {
    /// The buffer; nothing for the payload.
    buffer: Option<BufferId>,
    program: Program,
    /// Data sets that are asked about the value of the buffer.
    asks: Box<[DataSetUse]>,
}

/// Options that look at one buffer, while a rule is read.
#[derive(Debug, Default)]
pub(crate) struct SectionDraft {
    pub(crate) buffer: Option<BufferId>,
    /// The direction that the buffer is looked at in; nothing where its keyword says it.
    pub(crate) towards: Option<Direction>,
    /// The options, each with its place among all options of the rule.
    pub(crate) options: Vec<(u16, Opt)>,
    /// Data sets that are asked about the value of the buffer.
    pub(crate) asks: Vec<DataSetUse>,
}

impl SectionDraft {
    /// Options for a buffer of the packet.
    pub(crate) fn of(buffer: BufferId) -> Self {
        Self {
            buffer: Some(buffer),
            ..Self::default()
        }
    }

    /// The buffer; nothing for the payload.
    pub(crate) fn buffer(&self) -> Option<BufferId> {
        self.buffer
    }

    /// The transforms of the buffer.
    pub(crate) fn transforms(&self) -> impl Iterator<Item = (&Opt, &Transform)> {
        self.options
            .iter()
            .filter_map(|(_, option)| match &option.kind {
                OptionKind::Transform(transform) => Some((option, &**transform)),
                _ => None,
            })
    }

    /// The contents that must be in the buffer itself: none behind transforms.
    pub(crate) fn plain_contents(&self) -> Vec<&Content> {
        match self.transforms().next() {
            Some(_) => Vec::new(),
            None => self.contents(),
        }
    }

    /// The contents that must be in what the transforms make of the buffer; none where it may be absent.
    pub(crate) fn contents(&self) -> Vec<&Content> {
        let may_be_absent = |(_, option): &(u16, Opt)| matches!(option.kind, OptionKind::Absent(_));
        if self.options.iter().any(may_be_absent) {
            return Vec::new();
        }
        payload::contents(self.options.iter().map(|(_, option)| option)).collect()
    }

    /// The section; nothing when there is nothing to look at.
    pub(crate) fn compile(self, shop: &mut Workshop<'_>) -> Result<Option<Section>, CompileError> {
        if self.options.is_empty() && self.asks.is_empty() {
            return Ok(None);
        }
        let program = Program::compile(
            self.options.iter().map(|(place, option)| (*place, option)),
            &mut shop.names,
        )?;
        Ok(Some(Section {
            buffer: self.buffer,
            program,
            asks: self.asks.into(),
        }))
    }
}

/// Memory for the evaluation of sections, kept from packet to packet.
#[derive(Debug, Default)]
pub(crate) struct SectionScratch {
    program: ProgramScratch,
    transforms: TransformWork,
    evidence: Evidence,
}

impl SectionScratch {
    /// Forgets the rule before.
    pub(crate) fn begin(&mut self) {
        self.program.begin();
        self.evidence.variables.clear();
        self.evidence.values.clear();
        self.evidence.context.clear();
    }

    /// What a chain of transforms makes of a buffer; nothing if one of them failed.
    pub(crate) fn transform<'a>(
        &'a mut self,
        chain: &TransformChain,
        data: &'a [u8],
    ) -> Option<&'a [u8]> {
        chain.apply(data, &mut self.transforms, self.program.regex())
    }

    /// What the rule that just matched took from its buffers.
    pub(crate) fn take_evidence(&mut self) -> Option<Box<Evidence>> {
        let evidence = &mut self.evidence;
        self.program
            .captures(|name, value| evidence.variables.push((name.into(), value.into())));
        self.program.alert_captures(|name, value| {
            let text = serde_json::Value::from(String::from_utf8_lossy(value));
            evidence
                .context
                .push((name.into(), text.to_string().into()));
        });
        let empty = evidence.variables.is_empty()
            && evidence.values.is_empty()
            && evidence.context.is_empty();
        (!empty).then(|| Box::new(std::mem::take(evidence)))
    }

    /// Keeps what a rule that matched captured for its flow.
    pub(crate) fn keep_captures(&mut self, state: &mut FlowState) {
        self.program
            .flow_captures(|name, value| state.set_text(name, value));
    }
}

/// What the evaluation of a section needs beside the packet.
pub(crate) struct Looking<'l, R> {
    pub(crate) state: &'l FlowState,
    pub(crate) sets: &'l DataSets,
    pub(crate) scratch: &'l mut SectionScratch,
    pub(crate) recorder: &'l mut R,
}

impl<R> Looking<'_, R> {
    /// Asks a data set, or keeps the value when the answer is not known before the packets before this one are done.
    fn ask(&mut self, asked: &DataSetUse, value: &[u8]) -> bool {
        let evidence = &mut self.scratch.evidence;
        if asked.is_changing(self.sets) {
            evidence.values.push(value.into());
            return true;
        }
        asked.ask(self.sets, value, |key, text| {
            evidence.context.push((key.into(), text.into()))
        })
    }
}

impl Section {
    /// Whether the options hold for `data`.
    pub(crate) fn holds<R: Recorder>(
        &self,
        context: &PacketContext<'_>,
        data: &[u8],
        looking: &mut Looking<'_, R>,
    ) -> bool {
        self.holds_window(context, data, 0, true, looking)
    }

    /// The same for a stretch of a buffer that is inspected while it grows.
    pub(crate) fn holds_window<R: Recorder>(
        &self,
        context: &PacketContext<'_>,
        data: &[u8],
        offset: u64,
        end: bool,
        looking: &mut Looking<'_, R>,
    ) -> bool {
        let mut work = std::mem::take(&mut looking.scratch.transforms);
        let holds = match self
            .program
            .inspected(data, &mut work, &mut looking.scratch.program)
        {
            Some(data) => self.holds_for(context, (data, offset, end), looking),
            None => false,
        };
        looking.scratch.transforms = work;
        holds
    }

    /// Whether the options hold for what the transforms made of the buffer.
    fn holds_for<R: Recorder>(
        &self,
        context: &PacketContext<'_>,
        (data, offset, end): (&[u8], u64, bool),
        looking: &mut Looking<'_, R>,
    ) -> bool {
        let buffer = InspectBuffer {
            tcp: context.packet.proto == ip_proto::TCP,
            offset,
            end,
            ..InspectBuffer::whole(self.buffer.map_or("payload", |buffer| buffer.name()), data)
        };
        self.program
            .run(&buffer, &mut looking.scratch.program, looking.recorder)
            && self.asks.iter().all(|asked| looking.ask(asked, data))
    }

    /// Whether the options hold when the buffer is not there.
    pub(crate) fn holds_without_buffer(&self) -> bool {
        self.program.holds_without_buffer()
    }

    /// Whether the options hold for the section's buffer; for one of its values, if there are several.
    pub(crate) fn holds_in<R: Recorder>(
        &self,
        source: &impl BufferSource,
        context: &PacketContext<'_>,
        looking: &mut Looking<'_, R>,
    ) -> bool {
        let Some(buffer) = self.buffer else {
            return true;
        };
        let mut there = false;
        let holds = source.any_value(buffer, |data| {
            there = true;
            self.holds(context, data, looking)
        });
        holds || (!there && self.program.holds_without_buffer())
    }
}

/// Where named buffers come from.
pub(crate) trait BufferSource {
    /// Shows every value of a buffer until one is accepted, and says whether one was. A buffer that is not there has
    /// no value.
    fn any_value(&self, buffer: BufferId, accepts: impl FnMut(&[u8]) -> bool) -> bool;
}

impl BufferSource for Packet<'_> {
    fn any_value(&self, buffer: BufferId, accepts: impl FnMut(&[u8]) -> bool) -> bool {
        buffer::each(buffer, self, accepts)
    }
}
