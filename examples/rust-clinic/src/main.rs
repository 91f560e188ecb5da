mod auth;
mod handlers;
mod models;
mod repositories;
mod services;
mod state;

use state::AppState;

#[tokio::main]
async fn main() {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL is set");
    let pool = sqlx::PgPool::connect(&url).await.expect("the database answers");
    let listener = tokio::net::TcpListener::bind("0.0.0.0:3000").await.expect("the port is free");
    axum::serve(listener, handlers::router(AppState::new(pool))).await.expect("the server runs");
}
