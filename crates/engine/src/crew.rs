//! The workers as one: commands go to all of them, answers come back in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use tapir_capture::Batch;

use tapir_profile::Figures;

use crate::counters::Counters;
use crate::finding::Finding;
use crate::rules::LoadedRules;
use crate::worker::{Origin, TimableWorker, Worker};

/// Commands that may wait for a worker, and answers for the one who reads them.
const DEPTH: usize = 8;

/// What a worker is told. Each command gets one answer.
pub(crate) enum Command {
    /// Inspect frames of a batch.
    Inspect(Work),
    /// A new input begins.
    Begin(Origin),
    /// The input is over at this packet: all flows end.
    End(u64),
    /// Other rules are in force from here on.
    Reload(Arc<LoadedRules>),
    /// Tell the counters.
    Count,
    /// Take times from here on, or do not any more.
    Time(bool),
    /// Tell what was measured.
    Figures,
}

/// A worker's share of a batch.
pub(crate) struct Work {
    pub(crate) batch: Arc<Batch>,
    /// Which frames, and their numbers.
    pub(crate) picks: Vec<Pick>,
    /// Checksums say nothing from this packet number on.
    pub(crate) unverified_from: u64,
    /// Number of the last packet of the batch, whoever inspects it.
    pub(crate) last: u64,
}

/// A frame to inspect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pick {
    /// Its place in the batch.
    pub(crate) index: u32,
    /// Its number in the input, from 1.
    pub(crate) number: u64,
}

/// What a worker says to a command.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) findings: Vec<Finding>,
    pub(crate) counters: Option<Box<Counters>>,
    pub(crate) figures: Option<Box<Figures>>,
}

/// All workers. With one there are no threads: it works where the commands are given.
pub(crate) struct Crew {
    members: Vec<Member>,
    waiting: usize,
}

enum Member {
    Here {
        worker: TimableWorker,
        answers: VecDeque<Answer>,
    },
    Thread {
        commands: Sender<Command>,
        answers: Receiver<Answer>,
        handle: Option<JoinHandle<()>>,
    },
}

impl Crew {
    /// Puts workers to work: a single one on this thread, several on threads of their own.
    pub(crate) fn new(workers: Vec<Worker>) -> std::io::Result<Self> {
        let is_alone = workers.len() == 1;
        let workers = workers.into_iter().map(TimableWorker::new);
        let members = if is_alone {
            workers
                .map(|worker| Member::Here {
                    worker,
                    answers: VecDeque::new(),
                })
                .collect()
        } else {
            workers
                .enumerate()
                .map(|(i, worker)| spawn(i, worker))
                .collect::<Result<_, _>>()?
        };
        Ok(Self {
            members,
            waiting: 0,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Commands that were given and not answered yet.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether another command can be given before answers are read.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting < if self.members.len() == 1 { 1 } else { DEPTH }
    }

    /// Gives each worker its command.
    pub(crate) fn command(&mut self, mut command: impl FnMut(usize) -> Command) {
        for (i, member) in self.members.iter_mut().enumerate() {
            match member {
                Member::Here { worker, answers } => answers.push_back(worker.execute(command(i))),
                // A worker ends only when its sender is dropped.
                Member::Thread { commands, .. } => drop(commands.send(command(i))),
            }
        }
        self.waiting += 1;
    }

    /// The answers of all workers to the oldest command that still waits; empty when none does.
    pub(crate) fn answers(&mut self) -> Vec<Answer> {
        if self.waiting == 0 {
            return Vec::new();
        }
        self.waiting -= 1;
        self.members
            .iter_mut()
            .map(|member| match member {
                Member::Here { answers, .. } => answers.pop_front().unwrap_or_default(),
                Member::Thread { answers, .. } => answers.recv().unwrap_or_default(),
            })
            .collect()
    }
}

fn spawn(index: usize, mut worker: TimableWorker) -> std::io::Result<Member> {
    let (commands, inbox) = bounded::<Command>(DEPTH);
    let (outbox, answers) = bounded(DEPTH);
    let handle = std::thread::Builder::new()
        .name(format!("worker-{index}"))
        .spawn(move || {
            for command in inbox {
                if outbox.send(worker.execute(command)).is_err() {
                    break;
                }
            }
        })?;
    Ok(Member::Thread {
        commands,
        answers,
        handle: Some(handle),
    })
}

impl Drop for Crew {
    fn drop(&mut self) {
        for member in self.members.drain(..) {
            if let Member::Thread {
                commands,
                answers,
                handle,
            } = member
            {
                drop((commands, answers));
                if let Some(handle) = handle {
                    drop(handle.join());
                }
            }
        }
    }
}
