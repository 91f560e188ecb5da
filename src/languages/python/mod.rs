//! Python: grammar, lowering, module resolution.
