//! Stage 1: paths, manifests, packages; the language of each file; what is left out and why.
