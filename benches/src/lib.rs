//! Criterion benchmarks of the engine; see RESULTS.md.
