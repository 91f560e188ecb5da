use sqlx::PgPool;

use crate::models::patient::Patient;

#[derive(Clone)]
pub struct PatientRepository {
    pool: PgPool,
}

impl PatientRepository {
    pub fn new(pool: PgPool) -> PatientRepository {
        PatientRepository { pool }
    }

    pub async fn by_id(&self, id: i64) -> sqlx::Result<Option<Patient>> {
        sqlx::query_as("SELECT * FROM patients WHERE id = $1").bind(id).fetch_optional(&self.pool).await
    }

    pub async fn by_ids(&self, ids: &[i64]) -> sqlx::Result<Vec<Patient>> {
        sqlx::query_as("SELECT * FROM patients WHERE id = ANY($1)").bind(ids).fetch_all(&self.pool).await
    }

    pub async fn search(&self, name: &str) -> sqlx::Result<Vec<Patient>> {
        let sql = format!("SELECT * FROM patients WHERE name ILIKE '%{name}%'");
        sqlx::query_as(&sql).fetch_all(&self.pool).await // expect: sql-injection
    }

    pub async fn sorted(&self, newest: bool) -> sqlx::Result<Vec<Patient>> {
        let direction = if newest { "DESC" } else { "ASC" };
        let sql = format!("SELECT * FROM patients ORDER BY id {direction}");
        sqlx::query_as(&sql).fetch_all(&self.pool).await
    }

    pub async fn add(&self, name: &str) -> sqlx::Result<i64> {
        sqlx::query_scalar("INSERT INTO patients (name) VALUES ($1) RETURNING id").bind(name).fetch_one(&self.pool).await
    }
}
