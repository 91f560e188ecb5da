//! Documents that say what code should be: OpenAPI descriptions and schemas of databases. Text to plain facts with places; nothing is read from disk.
//!
//! Readers never fail: what they do not understand they leave out, and say so where it matters. Depth, size and the number of references
//! followed are bounded.

pub mod dbml;
pub mod openapi;
pub mod prisma;
pub mod schema;
pub mod tree;
