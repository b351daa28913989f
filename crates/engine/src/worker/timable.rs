//! A worker that can be timed, and then again is not, while it runs.
//!
//! What listens to a worker is part of its type, so that a worker nobody listens to has no trace of it. Here it changes
//! hands between two batches, with all its flows; per batch this costs one branch.

use std::sync::Arc;

use tapir_profile::{Figures, Stopwatch};

use super::Worker;
use crate::crew::{Answer, Command};
use crate::rules::LoadedRules;

/// A worker that is timed, or is not.
pub(crate) enum Hand {
    /// Nobody listens.
    Plain(Box<Worker>),
    /// Its times are taken.
    Timed(Box<Worker<Stopwatch>>),
}

/// A worker that can be timed.
pub(crate) struct TimableWorker {
    /// Always there, but for the moment in which it changes hands.
    hand: Option<Hand>,
}

impl TimableWorker {
    /// A worker that is not timed yet.
    pub(crate) fn new(worker: Worker) -> Self {
        Self {
            hand: Some(Hand::Plain(Box::new(worker))),
        }
    }

    /// The worker as it is now.
    pub(crate) fn hand(&mut self) -> Option<&mut Hand> {
        self.hand.as_mut()
    }

    /// Carries out a command.
    pub(crate) fn execute(&mut self, command: Command) -> Answer {
        match (command, &mut self.hand) {
            (Command::Time(on), _) => {
                self.time(on);
                Answer::default()
            }
            (Command::Reload(rules), _) => {
                self.reload(rules);
                Answer::default()
            }
            (Command::Figures, _) => Answer {
                figures: self.figures(),
                ..Answer::default()
            },
            (command, Some(Hand::Plain(worker))) => worker.execute(command),
            (command, Some(Hand::Timed(worker))) => worker.execute(command),
            (_, None) => Answer::default(),
        }
    }

    /// Takes times from here on, from the beginning, or does not any more.
    pub(crate) fn time(&mut self, on: bool) {
        self.hand = match (self.hand.take(), on) {
            (Some(Hand::Plain(worker)), true) => {
                Some(Hand::Timed(Box::new(worker.heard_by(Stopwatch::default()))))
            }
            (Some(Hand::Timed(worker)), false) => Some(Hand::Plain(Box::new(
                worker.heard_by(tapir_detect::NoRecord),
            ))),
            (hand, _) => hand,
        };
    }

    /// Other rules are in force from here on; what was measured of the old ones is forgotten.
    pub(crate) fn reload(&mut self, rules: Arc<LoadedRules>) {
        match &mut self.hand {
            Some(Hand::Plain(worker)) => worker.reload(rules),
            Some(Hand::Timed(worker)) => {
                worker.reload(rules);
                worker.recorder().restart();
            }
            None => {}
        }
    }

    /// What was measured, if it is timed.
    pub(crate) fn figures(&mut self) -> Option<Box<Figures>> {
        match &mut self.hand {
            Some(Hand::Timed(worker)) => Some(Box::new(worker.recorder().figures().clone())),
            _ => None,
        }
    }
}
