//! Rules compiled to groups, and their evaluation
