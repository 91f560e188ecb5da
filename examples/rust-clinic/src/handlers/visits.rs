use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::models::patient::Patient;
use crate::models::visit::NewVisit;
use crate::state::AppState;

pub const CURRENCY: &str = "EUR";

pub async fn bill(State(state): State<AppState>, Path(patient): Path<i64>) -> Result<String, StatusCode> {
    state.visits.bill(patient).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

pub async fn total(State(state): State<AppState>, Json(patients): Json<Vec<i64>>) -> Result<Json<i64>, StatusCode> {
    state.visits.total(&patients).await.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

pub async fn record(State(state): State<AppState>, Json(new): Json<NewVisit>) -> Result<StatusCode, StatusCode> {
    let failed = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let patient: Patient = sqlx::query_as("SELECT * FROM patients WHERE id = $1") // expect: data-access-in-handler
        .bind(new.patient_id)
        .fetch_one(&state.pool)
        .await
        .map_err(failed)?;
    if patient.visits_left < 1 {
        return Err(StatusCode::CONFLICT);
    }
    sqlx::query("INSERT INTO visits (patient_id, cost) VALUES ($1, $2)") // expect: business-logic-in-handler
        .bind(patient.id)
        .bind(new.cost)
        .execute(&state.pool)
        .await
        .map_err(failed)?;
    sqlx::query("UPDATE patients SET visits_left = $1 WHERE id = $2")
        .bind(patient.visits_left - 1)
        .bind(patient.id)
        .execute(&state.pool)
        .await
        .map_err(failed)?;
    Ok(StatusCode::CREATED)
}

pub async fn health(State(state): State<AppState>) -> Result<&'static str, StatusCode> {
    sqlx::query("SELECT 1").execute(&state.pool).await.map(|_| "ok").map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}
