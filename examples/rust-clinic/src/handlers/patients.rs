use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

use crate::models::patient::{NewPatient, Patient};
use crate::repositories::patients::PatientRepository;
use crate::state::AppState;

#[derive(Deserialize)]
pub struct Search {
    name: String,
}

pub async fn register(State(state): State<AppState>, Json(new): Json<NewPatient>) -> Result<Json<i64>, StatusCode> {
    state.patients.register(&new.name).await.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

pub async fn search(State(state): State<AppState>, Query(search): Query<Search>) -> Result<Json<Vec<Patient>>, StatusCode> {
    state.patients.search(&search.name).await.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

pub async fn read(State(state): State<AppState>, Path(id): Path<i64>) -> Result<Json<Patient>, StatusCode> {
    let patient = state.patients.by_id(id).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    patient.map(Json).ok_or(StatusCode::NOT_FOUND)
}

pub async fn read_raw(State(state): State<AppState>, Path(id): Path<i64>) -> Result<Json<Patient>, StatusCode> {
    let patients = PatientRepository::new(state.pool);
    let patient = patients.by_id(id).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?; // expect: layer-skip
    patient.map(Json).ok_or(StatusCode::NOT_FOUND)
}

pub async fn count(State(state): State<AppState>) -> Result<Json<i64>, StatusCode> {
    let count = sqlx::query_scalar("SELECT count(*) FROM patients").fetch_one(&state.pool).await; // expect: data-access-in-handler
    count.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
