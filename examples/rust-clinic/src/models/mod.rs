pub mod patient;
pub mod visit;
