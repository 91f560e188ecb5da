//! The modules that come with Node.

/// True for one of Node's own modules, without `node:`.
pub fn is_node_module(name: &str) -> bool {
    MODULES.binary_search(&name).is_ok()
}

#[rustfmt::skip]
const MODULES: &[&str] = &[
    "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram", "diagnostics_channel", "dns",
    "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode",
    "querystring", "readline", "repl", "stream", "string_decoder", "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm",
    "wasi", "worker_threads", "zlib",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(MODULES.is_sorted() && is_node_module("fs") && !is_node_module("express"));
    }
}
