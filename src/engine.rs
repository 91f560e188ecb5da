//! The pipeline: the only file that knows all stages, and where rayon lives.
