//! Records of what happened: audit logs, history, counters of use.

use crate::model::words::words;

/// Names of tables and functions that keep a record beside the operation: audit logs, history, counters of use, caches.
pub(super) fn is_record(name: &str) -> bool {
    let words = words(name);
    // An address that is to be confirmed is no mail that was sent: `deleteEmailVerification`.
    let is_address = words.iter().any(|word| matches!(word.as_str(), "verification" | "verifications" | "confirmation" | "confirmations"))
        && !words.iter().any(|word| matches!(word.as_str(), "send" | "sent" | "log" | "logs" | "queue"));
    words.iter().filter(|word| !(is_address && matches!(word.as_str(), "email" | "emails" | "mail"))).any(|word| {
        matches!(
            word.as_str(),
            "audit"
                | "audits"
                | "auditlog"
                | "log"
                | "logs"
                | "logger"
                | "logging"
                | "history"
                | "activity"
                | "activities"
                | "metric"
                | "metrics"
                | "analytics"
                | "stat"
                | "stats"
                | "statistic"
                | "statistics"
                | "event"
                | "events"
                | "notification"
                | "notifications"
                | "notify"
                | "cache"
                | "cached"
                | "telemetry"
                | "track"
                | "tracking"
                | "usage"
                | "webhook"
                | "webhooks"
                | "email"
                | "emails"
                | "mail"
                | "feedback"
                | "changelog"
                | "journal"
                | "trace"
                | "attempt"
                | "attempts"
                | "heartbeat"
                | "visit"
                | "visits"
                | "throttle"
                | "ratelimit"
                | "dispatch"
                | "enqueue"
                | "queue"
                | "job"
                | "jobs"
                | "publish"
                | "emit"
                | "schedule"
                | "detect"
        )
    })
}
