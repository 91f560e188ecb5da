use sqlx::PgPool;

use crate::models::visit::Visit;

#[derive(Clone)]
pub struct VisitRepository {
    pool: PgPool,
}

impl VisitRepository {
    pub fn new(pool: PgPool) -> VisitRepository {
        VisitRepository { pool }
    }

    pub async fn of_patient(&self, patient: i64) -> sqlx::Result<Vec<Visit>> {
        sqlx::query_as("SELECT * FROM visits WHERE patient_id = $1").bind(patient).fetch_all(&self.pool).await
    }

    pub async fn of_patients(&self, patients: &[i64]) -> sqlx::Result<Vec<Visit>> {
        sqlx::query_as("SELECT * FROM visits WHERE patient_id = ANY($1)").bind(patients).fetch_all(&self.pool).await
    }
}
