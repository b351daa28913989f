//! The pipeline: dispatch, workers, ordered merge, reload
