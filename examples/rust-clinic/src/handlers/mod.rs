pub mod patients;
pub mod visits;

use axum::Router;
use axum::routing::{get, post};

use crate::state::AppState;

pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/patients", post(patients::register))
        .route("/patients/search", get(patients::search))
        .route("/patients/count", get(patients::count))
        .route("/patients/{id}", get(patients::read))
        .route("/patients/{id}/raw", get(patients::read_raw))
        .route("/visits", post(visits::record))
        .route("/visits/{patient}/bill", get(visits::bill))
        .route("/visits/total", post(visits::total))
        .route("/health", get(visits::health))
        .with_state(state)
}
