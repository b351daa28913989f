//! The notation of traffic: conversations, written so that one can read them.

mod conversation;
mod dns;
mod head;
mod packets;
mod payload;
mod scanner;
mod speech;
mod step;

use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

use tapir_capture::{CaptureError, CaptureFile};

pub use conversation::{Carrier, Conversation, Cut, Order, Step, Traffic};
pub use packets::capture;
pub(crate) use payload::beside;
pub(crate) use scanner::Scanner;

use crate::mistake::{Mistake, Read};
use payload::MOST;
use speech::Speaker;

/// The packets of a case as a capture.
pub(crate) fn open(traffic: &Traffic) -> Result<CaptureFile, CaptureError> {
    match traffic {
        Traffic::Capture(path) => CaptureFile::open(path),
        Traffic::Conversations(conversations) => {
            CaptureFile::from_reader("traffic", Cursor::new(capture(conversations)))
        }
    }
}

/// Lines of a block with their places in the file.
pub(crate) fn lines(text: &str, block: Range<usize>) -> impl Iterator<Item = Scanner<'_>> {
    let start = block.start;
    let inside = text.get(block).unwrap_or_default();
    let mut at = start;
    inside.split_inclusive('\n').map(move |line| {
        let place = at;
        at = at.saturating_add(line.len());
        Scanner::new(line.trim_end_matches(['\n', '\r']), place)
    })
}

/// Reads blocks of traffic; files that they name are looked for from `folder` on.
///
/// # Errors
/// The first mistake.
pub fn traffic(
    text: &str,
    blocks: &[Range<usize>],
    folder: &Path,
) -> Result<Traffic, Box<Mistake>> {
    let mut conversations = Vec::new();
    for block in blocks {
        let mut speaker: Option<Speaker<'_>> = None;
        for mut line in lines(text, block.clone()) {
            if line.peek() == "capture" {
                return only_capture(&mut line, blocks.len() == 1 && speaker.is_none(), folder);
            }
            if head::begins(&line) {
                conversations.extend(finished(speaker.take()));
                speaker = Some(Speaker::new(head::head(&mut line)?, folder));
                continue;
            }
            read_line(&mut line, speaker.as_mut(), folder)?;
        }
        conversations.extend(finished(speaker));
    }
    let size = |it: &Conversation| {
        let steps = it.steps.iter().map(|step| match step {
            Step::Say(_, data) | Step::Icmp(_, _, _, data) | Step::Segment(_, _, data) => {
                data.len()
            }
            _ => 0,
        });
        steps.sum::<usize>().saturating_mul(it.times as usize)
    };
    if conversations
        .iter()
        .map(size)
        .fold(0, usize::saturating_add)
        > MOST
    {
        let first = blocks.first().cloned().unwrap_or_default();
        return Err(Mistake::new(first, "too much traffic")
            .label(format!("a case has at most {} MiB", MOST >> 20)));
    }
    Ok(Traffic::Conversations(conversations))
}

fn only_capture(line: &mut Scanner<'_>, alone: bool, folder: &Path) -> Read<Traffic> {
    line.word();
    let (name, span) = line.word();
    line.end()?;
    let path = beside(folder, name);
    if !alone {
        return Err(Mistake::new(
            line.line_span(),
            "a capture is the whole traffic of a case",
        ));
    }
    if name.is_empty() || !path.is_file() {
        return Err(Mistake::new(span, "there is no such file")
            .help("the path begins in the folder of this file"));
    }
    Ok(Traffic::Capture(path))
}

fn finished(speaker: Option<Speaker<'_>>) -> Option<Conversation> {
    let mut speaker = speaker?;
    speaker.end_message();
    Some(speaker.conversation)
}

fn read_line(line: &mut Scanner<'_>, speaker: Option<&mut Speaker<'_>>, folder: &Path) -> Read<()> {
    if line.rest().starts_with('#') {
        return Ok(());
    }
    let Some(speaker) = speaker else {
        if line.at_end() {
            return Ok(());
        }
        return Err(
            Mistake::new(line.line_span(), "a conversation begins with its protocol").help(
                format!(
                    "write a line such as `http home -> outside`; protocols are {}",
                    head::protocols()
                ),
            ),
        );
    };
    if line.at_end() {
        speaker.end_message();
        return Ok(());
    }
    if line.rest().starts_with(['>', '<']) {
        return speaker.say(line);
    }
    if line.rest().starts_with([' ', '\t']) {
        return speaker.go_on(line);
    }
    let carrier = speaker.conversation.carrier;
    speaker.step(step::step(line, carrier, folder)?);
    Ok(())
}

#[cfg(test)]
mod tests;
