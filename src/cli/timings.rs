//! `--timings`: how long each stage and each rule took.

use std::io::{self, Write};
use std::time::Duration;

use crate::model::timings::Lap;

/// Writes the times in milliseconds: each stage with its parts, the longest part first.
pub(super) fn write(laps: &[Lap], out: &mut dyn Write) -> io::Result<()> {
    let mut stages: Vec<&str> = Vec::new();
    for lap in laps {
        if !stages.contains(&lap.stage) {
            stages.push(lap.stage);
        }
    }
    for stage in stages {
        let own = || laps.iter().filter(|lap| lap.stage == stage);
        let whole: Duration = match own().any(|lap| lap.part.is_empty()) {
            true => own().filter(|lap| lap.part.is_empty()).map(|lap| lap.time).sum(),
            false => own().map(|lap| lap.time).sum(),
        };
        writeln!(out, "{:>9.1} ms  {stage}", milliseconds(whole))?;
        let mut parts: Vec<&Lap> = own().filter(|lap| !lap.part.is_empty()).collect();
        parts.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.part.cmp(&b.part)));
        for lap in parts {
            let threads = if lap.threads { " (all threads)" } else { "" };
            writeln!(out, "{:>9.1} ms    {}{threads}", milliseconds(lap.time), lap.part)?;
        }
    }
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
