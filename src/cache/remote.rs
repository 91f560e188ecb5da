//! A store that machines share: an object store, a Redis server or a folder of the network, whatever `opendal` speaks to.
//!
//! Records are kept one by one under their key and under this build of archcheck, each with a check that covers its key too: what is damaged or in another's place is a miss.
//! A run asks for all it wants at once, before it lowers anything, and sends what is new when it is done. Whatever goes wrong costs time at most: the first errors are
//! told and end the talk. It is never configured by the repository, which may be anybody's, but by who runs archcheck.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use opendal::layers::TimeoutLayer;
use opendal::services::{FsConfig, GcsConfig, RedisConfig, S3Config};
use opendal::{Configurator, ErrorKind, Operator, OperatorUri};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::{BUILD, Key};

/// What is asked for or sent at once.
const AT_ONCE: usize = 32;
/// The longest that one record may take.
const ONE: Duration = Duration::from_secs(10);
/// The longest that all records of a run may take, each way.
const ALL: Duration = Duration::from_secs(60);
/// Errors after which no more is asked or sent.
const MOST_ERRORS: usize = 3;
/// Bytes of the check before a record.
const CHECK: usize = 16;

/// A store that was named.
pub(super) struct Remote {
    runtime: Runtime,
    operator: Operator,
    shown: String,
}

impl Remote {
    /// Nothing is asked of the store yet. What is wrong with the address comes back in words.
    pub(super) fn open(address: &str) -> Result<Remote, String> {
        let shown = shown(address);
        let wrong = |why: String| format!("the store `{shown}` is not used: {why}");
        let operator = operator(address).map_err(wrong)?;
        let operator = operator.layer(TimeoutLayer::new().with_timeout(ONE).with_io_timeout(ONE));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| wrong(error.to_string()))?;
        Ok(Remote { runtime, operator, shown })
    }

    /// The records there are of these keys, and what went wrong.
    pub(super) fn fetch(&self, keys: Vec<Key>) -> (HashMap<Key, Vec<u8>>, Option<String>) {
        let mut found = HashMap::new();
        let ask = |operator: Arc<Operator>, key: Key| async move {
            match operator.read(&name(key)).await {
                Ok(bytes) => Ok(record(key, bytes.to_vec()).map(|record| (key, record))),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        };
        let trouble = self.each(keys, ask, |answer| found.extend(answer));
        (found, trouble.map(|why| format!("the store `{}` was asked for facts in vain: {why}", self.shown)))
    }

    /// Sends records; what went wrong comes back in words.
    pub(super) fn send(&self, records: Vec<(Key, Vec<u8>)>) -> Option<String> {
        let send = |operator: Arc<Operator>, (key, record): (Key, Vec<u8>)| async move {
            let mut bytes = check(key, &record).to_vec();
            bytes.extend(record);
            operator.write(&name(key), bytes).await.map(|_| ())
        };
        let trouble = self.each(records, send, |()| {});
        trouble.map(|why| format!("not all new facts are kept in the store `{}`: {why}", self.shown))
    }

    /// Does something with each, some at once, until all are done, too much went wrong or too much time has gone.
    fn each<T, R, F>(&self, all: Vec<T>, work: impl Fn(Arc<Operator>, T) -> F, mut done: impl FnMut(R)) -> Option<String>
    where
        F: Future<Output = opendal::Result<R>> + Send + 'static,
        R: Send + 'static,
    {
        let operator = Arc::new(self.operator.clone());
        let mut errors = Vec::new();
        let talk = async {
            let mut open = JoinSet::new();
            let mut left = all.into_iter();
            loop {
                while open.len() < AT_ONCE
                    && errors.len() < MOST_ERRORS
                    && let Some(next) = left.next()
                {
                    open.spawn(work(operator.clone(), next));
                }
                match open.join_next().await {
                    None => break,
                    Some(Ok(Ok(answer))) => done(answer),
                    Some(Ok(Err(error))) => errors.push(told(&error)),
                    Some(Err(_)) => errors.push("a mistake in the library of stores".to_string()),
                }
                if errors.len() >= MOST_ERRORS {
                    break; // What is under way is given up with `open`.
                }
            }
        };
        let ended = self.runtime.block_on(async { tokio::time::timeout(ALL, talk).await.is_ok() });
        match errors.first() {
            Some(error) => Some(error.clone()),
            None => (!ended).then(|| format!("it took longer than {} seconds", ALL.as_secs())),
        }
    }
}

/// The store of an address: `s3://bucket/folder?region=…`, `gcs://bucket/folder`, `redis://host:6379/0/folder`, `file:///folder`. Keys and tokens come from where the
/// service's own tools look for them.
fn operator(address: &str) -> Result<Operator, String> {
    let wrong = |error: opendal::Error| told(&error);
    let uri = OperatorUri::new(address, Vec::new()).map_err(wrong)?;
    opendal::install_default();
    match uri.scheme() {
        "file" | "fs" => Operator::from_config(FsConfig::from_uri(&uri).map_err(wrong)?),
        "s3" => Operator::from_config(S3Config::from_uri(&uri).map_err(wrong)?),
        "gcs" | "gs" => Operator::from_config(GcsConfig::from_uri(&uri).map_err(wrong)?),
        "redis" | "rediss" => Operator::from_config(redis(&uri, address).map_err(wrong)?),
        _ => return Err("write `file:///folder`, `s3://bucket`, `gcs://bucket` or `redis://host`".to_string()),
    }
    .map_err(wrong)
}

fn redis(uri: &OperatorUri, address: &str) -> opendal::Result<RedisConfig> {
    let mut config = RedisConfig::from_uri(uri)?;
    if address.starts_with("rediss://") {
        config.endpoint = config.endpoint.map(|endpoint| endpoint.replacen("redis://", "rediss://", 1));
    }
    config.username = config.username.or_else(|| uri.username().map(str::to_string));
    config.password = config.password.or_else(|| uri.password().map(str::to_string));
    Ok(config)
}

fn name(key: Key) -> String {
    format!("{BUILD}/{}", key.hex())
}

fn check(key: Key, record: &[u8]) -> [u8; CHECK] {
    Key::of(&[&key.0, record]).0
}

/// A record without its check; `None` when it is damaged or another's.
fn record(key: Key, bytes: Vec<u8>) -> Option<Vec<u8>> {
    let (written, record) = bytes.split_at_checked(CHECK)?;
    (check(key, record) == written).then(|| record.to_vec())
}

/// An address without passwords and options, to be told.
fn shown(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    match address.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host)),
        None => address.to_string(),
    }
}

fn told(error: &opendal::Error) -> String {
    let why = error.message().lines().next().unwrap_or_default().to_string();
    match why.is_empty() {
        true => error.kind().to_string(),
        false => format!("{} ({why})", error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_record_and_one_in_anothers_place_are_misses() {
        let (key, other) = (Key::of_text("a"), Key::of_text("b"));
        let mut bytes = check(key, b"facts").to_vec();
        bytes.extend(b"facts");
        assert_eq!(record(key, bytes.clone()).as_deref(), Some(&b"facts"[..]));
        assert_eq!(record(other, bytes.clone()), None);
        assert_eq!(record(key, bytes[..CHECK - 1].to_vec()), None);
        bytes[CHECK] ^= 1;
        assert_eq!(record(key, bytes), None);
    }

    #[test]
    fn no_password_is_shown() {
        assert_eq!(shown("redis://me:hunter2@host:6379/0?password=hunter2"), "redis://host:6379/0");
        assert_eq!(shown("s3://bucket/folder?secret_access_key=x"), "s3://bucket/folder");
    }

    #[test]
    fn records_come_back_as_they_were_sent() {
        let folder = tempfile::tempdir().expect("a folder");
        let remote = Remote::open(&format!("file://{}", folder.path().display())).expect("a store");
        let keys: Vec<Key> = (0..100).map(|at| Key::of_text(&at.to_string())).collect();
        assert_eq!(remote.fetch(keys.clone()), (HashMap::new(), None));
        let records: Vec<_> = keys.iter().map(|&key| (key, key.0.to_vec())).collect();
        assert_eq!(remote.send(records.clone()), None);
        assert_eq!(remote.fetch(keys), (records.into_iter().collect(), None));
    }

    #[test]
    fn a_store_that_is_not_there_costs_a_word() {
        let told = |address: &str| Remote::open(address).map(|remote| remote.fetch(vec![Key::of_text("a")]).1);
        assert!(told("ftp://host").is_err_and(|why| why.contains("write `file:///folder`")));
        assert!(told("nowhere").is_err());
        // Nobody listens at this port.
        let silent = told("redis://127.0.0.1:1").expect("an address");
        assert!(silent.is_some_and(|why| why.starts_with("the store `redis://127.0.0.1:1` was asked for facts in vain")));
    }
}
