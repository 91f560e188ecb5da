//! Stage 7: an `Outcome` to text, one file per format.
