use crate::handlers::visits::CURRENCY; // expect: layer-violation
use crate::repositories::visits::VisitRepository;

#[derive(Clone)]
pub struct VisitService {
    visits: VisitRepository,
}

impl VisitService {
    pub fn new(visits: VisitRepository) -> VisitService {
        VisitService { visits }
    }

    pub async fn bill(&self, patient: i64) -> sqlx::Result<String> {
        let visits = self.visits.of_patient(patient).await?;
        Ok(format!("{} {CURRENCY}", visits.iter().map(|visit| visit.cost).sum::<i64>()))
    }

    pub async fn total(&self, patients: &[i64]) -> sqlx::Result<i64> {
        let mut total = 0;
        for &patient in patients {
            let visits = self.visits.of_patient(patient).await?; // expect: n-plus-one
            total += visits.iter().map(|visit| visit.cost).sum::<i64>();
        }
        Ok(total)
    }

    pub async fn total_at_once(&self, patients: &[i64]) -> sqlx::Result<i64> {
        let visits = self.visits.of_patients(patients).await?;
        Ok(visits.iter().map(|visit| visit.cost).sum())
    }
}
