//! Signed tokens (JWT): decoded just far enough to tell a credential from a sample.

use serde_json::Value;

/// True when `token` has an algorithm that signs and claims that speak of a real subject.
pub(super) fn is_credential(token: &str) -> bool {
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let (Some(header), Some(Value::Object(claims))) = (decode(header), decode(claims)) else { return false };
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or("none");
    let signs = !algorithm.eq_ignore_ascii_case("none") && signature.len() >= 20;
    signs && !claims.is_empty() && !is_sample(&claims) && !is_public(&claims)
}

/// The token of jwt.io and its descendants.
fn is_sample(claims: &serde_json::Map<String, Value>) -> bool {
    let text = |key: &str| claims.get(key).and_then(Value::as_str).unwrap_or("");
    text("sub") == "1234567890" || text("name") == "John Doe" || text("some") == "payload" || claims.contains_key("foo")
}

/// Keys that are meant for browsers.
fn is_public(claims: &serde_json::Map<String, Value>) -> bool {
    let text = |key: &str| claims.get(key).and_then(Value::as_str).unwrap_or("");
    text("role") == "anon" || text("iss") == "supabase-demo"
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&base64_url(part)?).ok()
}

/// Base 64 in its URL form, without padding.
pub(super) fn base64_url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0);
    for c in text.bytes() {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let encode = |text: &str| {
            let mut out = String::new();
            for chunk in text.as_bytes().chunks(3) {
                let number = chunk.iter().fold(0u32, |number, &byte| number << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
                (0..=chunk.len()).for_each(|at| out.push(char::from(DIGITS[(number >> (18 - 6 * at) & 63) as usize])));
            }
            out
        };
        format!("{}.{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(claims), "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")
    }

    #[test]
    fn a_token_with_real_claims_is_a_credential_and_a_sample_is_not() {
        assert!(is_credential(&token(r#"{"iss":"https://acme.eu","sub":"svc-billing"}"#)));
        assert!(!is_credential(&token(r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#)));
        assert!(!is_credential(&token(r#"{"iss":"supabase","role":"anon"}"#)));
        assert!(!is_credential(&token("{}")));
        assert!(!is_credential("eyJub3QganNvbg.eyJub3Q.xxxxxxxxxxxxxxxxxxxxxxxx"));
    }
}
