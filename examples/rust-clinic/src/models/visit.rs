use serde::{Deserialize, Serialize};

#[derive(Serialize, sqlx::FromRow)]
pub struct Visit {
    pub id: i64,
    pub patient_id: i64,
    pub cost: i64,
}

#[derive(Deserialize)]
pub struct NewVisit {
    pub patient_id: i64,
    pub cost: i64,
}
