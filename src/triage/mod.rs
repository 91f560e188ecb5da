//! Stage 6: suppressions, levels, de-duplication, fingerprints: findings to an `Outcome`.
