use crate::models::patient::Patient;
use crate::repositories::patients::PatientRepository;

#[derive(Clone)]
pub struct PatientService {
    patients: PatientRepository,
}

impl PatientService {
    pub fn new(patients: PatientRepository) -> PatientService {
        PatientService { patients }
    }

    pub async fn by_id(&self, id: i64) -> sqlx::Result<Option<Patient>> {
        self.patients.by_id(id).await
    }

    pub async fn search(&self, name: &str) -> sqlx::Result<Vec<Patient>> {
        self.patients.search(name).await
    }

    pub async fn register(&self, name: &str) -> sqlx::Result<i64> {
        self.patients.add(name.trim()).await
    }
}
