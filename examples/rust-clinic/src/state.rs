use sqlx::PgPool;

use crate::repositories::patients::PatientRepository;
use crate::repositories::visits::VisitRepository;
use crate::services::patients::PatientService;
use crate::services::visits::VisitService;

#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub patients: PatientService,
    pub visits: VisitService,
}

impl AppState {
    pub fn new(pool: PgPool) -> AppState {
        let patients = PatientService::new(PatientRepository::new(pool.clone()));
        let visits = VisitService::new(VisitRepository::new(pool.clone()));
        AppState { pool, patients, visits }
    }
}
