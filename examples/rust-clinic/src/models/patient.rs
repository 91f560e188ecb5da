use serde::{Deserialize, Serialize};

#[derive(Serialize, sqlx::FromRow)]
pub struct Patient {
    pub id: i64,
    pub name: String,
    pub visits_left: i32,
}

#[derive(Deserialize)]
pub struct NewPatient {
    pub name: String,
}
