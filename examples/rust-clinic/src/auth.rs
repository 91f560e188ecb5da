use jsonwebtoken::{EncodingKey, Header, encode};
use serde::Serialize;

#[derive(Serialize)]
struct Claims {
    sub: i64,
    exp: i64,
}

pub fn token(user: i64, now: i64) -> Option<String> {
    let claims = Claims { sub: user, exp: now + 3600 };
    encode(&Header::default(), &claims, &EncodingKey::from_secret(b"an-apple-a-day-7")).ok() // expect: hardcoded-secret, insecure-jwt
}

pub fn token_from_environment(user: i64, now: i64) -> Option<String> {
    let secret = std::env::var("TOKEN_SECRET").ok()?;
    encode(&Header::default(), &Claims { sub: user, exp: now + 3600 }, &EncodingKey::from_secret(secret.as_bytes())).ok()
}
