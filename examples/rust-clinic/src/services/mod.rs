pub mod patients;
pub mod visits;
