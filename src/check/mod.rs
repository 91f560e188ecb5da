//! Stage 5: `Program` and `Summaries` to findings. One file per rule.
