//! Credential positions: where a library takes a key or a password, by the callee's path. Whatever literal stands there is a credential.
//!
//! A path is the callee as written with its first name replaced by what it is imported from (`jwt.sign` → `jsonwebtoken.sign`). An entry
//! fits a path that ends with it, on whole names. Purely syntactic: types and wrappers are not followed.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

/// Callee and the position of the credential among its arguments.
const ARGUMENTS: &[(&str, usize)] = &[
    ("jsonwebtoken.sign", 1),
    ("jsonwebtoken.verify", 1),
    ("jwt.sign", 1),
    ("JWT.sign", 1),
    ("JWT.verify", 1),
    ("JWK.asKey", 0),
    ("jwt.verify", 1),
    ("jwt.encode", 1),
    ("jwt.decode", 1),
    ("jwt-simple.encode", 1),
    ("jwt-simple.decode", 1),
    ("createHmac", 1),
    ("createCipheriv", 1),
    ("createDecipheriv", 1),
    ("createSecretKey", 0),
    ("hmac.new", 0),
    ("Fernet", 0),
    ("AES.new", 0),
    ("AES.encrypt", 1),
    ("AES.decrypt", 1),
    ("HmacSHA1", 1),
    ("HmacSHA256", 1),
    ("HmacSHA512", 1),
    ("URLSafeTimedSerializer", 0),
    ("URLSafeSerializer", 0),
    ("TimestampSigner", 0),
    ("TimedJSONWebSignatureSerializer", 0),
    ("cookie-parser", 0),
    ("cookieParser", 0),
    ("EncodingKey.from_secret", 0),
    ("DecodingKey.from_secret", 0),
    ("cookie.Key.from", 0),
    ("Key.derive_from", 0),
    ("Key.from_slice", 0),
    ("HmacSha256.new_from_slice", 0),
    ("HmacSha512.new_from_slice", 0),
    ("Hmac.new_from_slice", 0),
    ("bearer_auth", 0),
    ("basic_auth", 1),
];

/// Calls whose options (object literal, named arguments, nested too) hold credentials.
const OPTIONS: &[&str] = &[
    "session",
    "express-session",
    "expressSession",
    "cookie-session",
    "cookieSession",
    "koa-session",
    "JwtModule.register",
    "JwtModule.registerAsync",
    "jwtService.sign",
    "jwtService.signAsync",
    "jwtService.verify",
    "jwtService.verifyAsync",
    "passport-jwt.Strategy",
    "JwtStrategy",
    "expressjwt",
    "express-jwt",
    "createConnection",
    "createPool",
    "pg.Pool",
    "pg.Client",
    "Pool",
    "Sequelize",
    "TypeOrmModule.forRoot",
    "DataSource",
    "knex",
    "createTransport",
    "psycopg.connect",
    "psycopg2.connect",
    "pymysql.connect",
    "MySQLdb.connect",
    "mysql.connector.connect",
    "asyncpg.connect",
    "asyncpg.create_pool",
    "aiopg.create_pool",
    "redis.Redis",
    "ioredis",
    "Redis",
    "PostgresqlDatabase",
    "MySQLDatabase",
    "boto3.client",
    "boto3.resource",
    "boto3.Session",
    "aws-sdk.S3",
    "SessionMiddleware",
    "add_middleware",
];

/// Calls that hash the password they are given.
const HASHERS: &[&str] = &[
    "bcrypt.hash",
    "bcrypt.hashSync",
    "bcryptjs.hash",
    "bcryptjs.hashSync",
    "bcrypt.hashpw",
    "argon2.hash",
    "pwd_context.hash",
    "password_context.hash",
    "PasswordHasher().hash",
    "CryptContext().hash",
    "make_password",
    "set_password",
    "generate_password_hash",
];

/// Names whose literal is a credential wherever it is assigned: settings of frameworks. Words joined, in lower case.
const SETTINGS: &[&str] = &[
    "secretkey",
    "jwtsecret",
    "jwtsecretkey",
    "sessionsecret",
    "cookiesecret",
    "tokensecret",
    "authsecret",
    "accesstokensecret",
    "refreshtokensecret",
    "jwtaccesssecret",
    "jwtrefreshsecret",
    "jwtsigningkey",
    "signingsecret",
    "appsecretkey",
    "secretorkey",
    "nextauthsecret",
    "djangosecretkey",
    "flasksecretkey",
    "adminpassword",
    "rootpassword",
    "masterpassword",
    "superuserpassword",
];

/// A cheap first look at a callee's last name (or what it is imported as): false for nearly every call there is.
pub(super) fn may_matter(name: &str) -> bool {
    static LAST: OnceLock<FxHashSet<&'static str>> = OnceLock::new();
    let last = |path: &'static str| path.rsplit(['.', '/']).next().unwrap_or(path);
    let names =
        LAST.get_or_init(|| ARGUMENTS.iter().map(|(callee, _)| *callee).chain(OPTIONS.iter().chain(HASHERS).copied()).map(last).collect());
    names.contains(name.rsplit(['.', '/']).next().unwrap_or(name))
        || name.contains("hash")
        || name.contains("Hash")
        || name.ends_with("Strategy")
}

/// The position of the credential among the arguments of this callee.
pub(super) fn argument(path: &str) -> Option<usize> {
    ARGUMENTS.iter().find(|(callee, _)| ends_with(path, callee)).map(|(_, position)| *position)
}

/// True for calls whose options hold credentials.
pub(super) fn takes_options(path: &str) -> bool {
    // Passport's strategies take `clientSecret`, `consumerSecret`, `secretOrKey`.
    path.ends_with("Strategy") || OPTIONS.iter().any(|callee| ends_with(path, callee))
}

/// True for calls that hash a password: known ones, and those whose name says so (`hashPassword`, `get_password_hash`).
pub(super) fn is_hasher(path: &str) -> bool {
    if HASHERS.iter().any(|callee| ends_with(path, callee)) {
        return true;
    }
    let words = super::generic::words(path.rsplit('.').next().unwrap_or(path));
    let has = |word: &str| words.iter().any(|own| own == word);
    let checks = ["verify", "check", "compare", "is", "validate", "match", "matches", "needs", "log", "print", "test", "assert"];
    (has("hash") || has("hashed")) && (has("password") || has("pwd") || has("pw")) && !checks.iter().any(|word| has(word))
}

/// True for a framework's setting that holds a secret by definition.
pub(super) fn is_setting(name: &str) -> bool {
    let words = super::generic::words(name);
    let joined = words.concat();
    let tail = words.get(words.len().saturating_sub(2)..).unwrap_or(&[]).concat();
    SETTINGS.contains(&joined.as_str()) || (words.len() <= 3 && SETTINGS.contains(&tail.as_str()))
}

/// Whether a path ends with a callee, on whole names.
pub(super) fn ends_with(path: &str, callee: &str) -> bool {
    path.strip_suffix(callee).is_some_and(|before| before.is_empty() || before.ends_with(['.', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_fit_on_whole_names() {
        assert_eq!(argument("jsonwebtoken.sign"), Some(1));
        assert_eq!(argument("node:crypto.createHmac"), Some(1));
        assert_eq!(argument("jsonwebtoken.EncodingKey.from_secret"), Some(0));
        assert_eq!(argument("design"), None);
        assert!(takes_options("express-session") && !takes_options("obsession"));
    }

    #[test]
    fn hashers_are_known_by_their_name_too() {
        for path in [
            "get_password_hash",
            "this.authService.hashPassword",
            "app.utils.password.get_password_hash",
            "bcrypt.hash",
            "self.set_password",
        ] {
            assert!(is_hasher(path), "{path}");
        }
        for path in ["verify_password_hash", "check_password_hash", "hash", "reset_password"] {
            assert!(!is_hasher(path), "{path}");
        }
    }

    #[test]
    fn settings_are_known_with_a_prefix() {
        assert!(is_setting("SECRET_KEY") && is_setting("JWT_SECRET") && is_setting("APP_JWT_SECRET") && is_setting("secretOrKey"));
        assert!(!is_setting("secret") && !is_setting("secretName") && !is_setting("password"));
    }
}
