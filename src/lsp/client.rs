//! What the client at the other end can do, what it wishes, and what the server offers it.

use gen_lsp_types::PositionEncodingKind;
use serde_json::{Value, json};

use super::actions;
use super::positions::Encoding;

/// What the client can do. Read leniently: what is missing or odd is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    pub encoding: Encoding,
    /// Asks for diagnostics itself.
    pub pull: bool,
    /// Can be told to ask again.
    pub refresh_diagnostics: bool,
    pub refresh_lenses: bool,
    /// Watches files when asked to.
    pub watches: bool,
    pub progress: bool,
    /// Shows a page when asked to.
    pub shows_documents: bool,
    /// Answers `workspace/configuration`.
    pub configuration: bool,
    /// Takes code actions that are not commands.
    pub action_literals: bool,
}

impl Client {
    /// Reads the parameters of `initialize`.
    pub fn of(params: &Value) -> Client {
        let can = |pointer: &str| params.pointer(&format!("/capabilities/{pointer}"));
        let is = |pointer: &str| can(pointer).and_then(Value::as_bool).unwrap_or(false);
        let offered = can("general/positionEncodings").and_then(Value::as_array);
        let offered: Vec<PositionEncodingKind> =
            offered.into_iter().flatten().filter_map(|kind| serde_json::from_value(kind.clone()).ok()).collect();
        Client {
            encoding: Encoding::choose(&offered),
            pull: can("textDocument/diagnostic").is_some_and(Value::is_object),
            refresh_diagnostics: is("workspace/diagnostics/refreshSupport"),
            refresh_lenses: is("workspace/codeLens/refreshSupport"),
            watches: is("workspace/didChangeWatchedFiles/dynamicRegistration"),
            progress: is("window/workDoneProgress"),
            shows_documents: is("window/showDocument/support"),
            configuration: is("workspace/configuration"),
            action_literals: can("textDocument/codeAction/codeActionLiteralSupport").is_some(),
        }
    }
}

/// What the user wants of the server: `initializationOptions`, or the section `archcheck` of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Roles above definitions.
    pub code_lens: bool,
    /// Findings in files that are not open, too.
    pub workspace: bool,
    /// `default` or `strict`, instead of the configuration's.
    pub profile: Option<String>,
    /// A configuration file instead of the root's.
    pub config: Option<String>,
    /// Threads; zero for as many as there are processors.
    pub jobs: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { code_lens: true, workspace: true, profile: None, config: None, jobs: 0 }
    }
}

impl Settings {
    /// Takes over what is said, and keeps the rest.
    pub fn read(&mut self, said: &Value) {
        let said = said.get("archcheck").unwrap_or(said);
        let switch = |name: &str| said.get(name).and_then(Value::as_bool);
        let text = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_string);
        self.code_lens = switch("codeLens").unwrap_or(self.code_lens);
        self.workspace = switch("workspace").unwrap_or(self.workspace);
        if said.get("profile").is_some() {
            self.profile = text("profile").filter(|profile| !profile.is_empty());
        }
        if said.get("config").is_some() {
            self.config = text("config").filter(|config| !config.is_empty());
        }
        self.jobs = said.get("jobs").and_then(Value::as_u64).map_or(self.jobs, |jobs| jobs as usize);
    }
}

/// The answer to `initialize`.
pub fn offer(client: &Client) -> Value {
    let mut capabilities = json!({
        "positionEncoding": client.encoding.kind(),
        "textDocumentSync": { "openClose": true, "change": 2, "save": true },
        "hoverProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix", actions::FIX_ALL] },
        "codeLensProvider": { "resolveProvider": false },
        "executeCommandProvider": { "commands": [actions::OPEN_DOCUMENTATION] },
        "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
    });
    if client.pull {
        capabilities["diagnosticProvider"] =
            json!({ "identifier": "archcheck", "interFileDependencies": true, "workspaceDiagnostics": true });
    }
    json!({ "capabilities": capabilities, "serverInfo": { "name": "archcheck", "version": env!("CARGO_PKG_VERSION") } })
}

/// Files whose change on the disk matters. Everything else that is looked at is a text that rules read, which saving or opening tells.
pub const WATCHED: &[&str] = &[
    "**/*.{py,pyi,ts,mts,cts,tsx,js,jsx,mjs,cjs,rs}",
    "**/*.{toml,json,yaml,yml,cfg,ini,prisma,dbml,env,sql}",
    "**/{.env,.gitignore,.ignore,.archcheckignore,Dockerfile,requirements*.txt}",
    "**/.archcheck/**",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_taken_over_one_by_one() {
        let mut settings = Settings::default();
        settings.read(&json!({ "archcheck": { "codeLens": false, "profile": "strict" } }));
        assert_eq!(settings, Settings { code_lens: false, profile: Some("strict".into()), ..Settings::default() });
        settings.read(&json!({ "profile": "", "jobs": 2, "codeLens": "yes" }));
        assert_eq!(settings, Settings { code_lens: false, jobs: 2, ..Settings::default() });
        settings.read(&Value::Null);
        assert!(!settings.code_lens);
    }

    #[test]
    fn an_odd_client_can_little() {
        for params in [json!({}), json!({ "capabilities": null }), json!({ "capabilities": { "general": { "positionEncodings": [3] } } })] {
            assert_eq!(Client::of(&params), Client::default());
        }
    }
}
