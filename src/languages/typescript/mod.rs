//! TypeScript and JavaScript: grammars, lowering, module resolution.
