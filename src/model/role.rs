//! Roles: what a file or a definition *is* in the architecture, and the evidence that says so.

use serde::{Deserialize, Serialize};

use super::facts::DefId;
use super::source::{FileId, Span};

/// The closed list of roles (described in `rules/roles.toml`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Speaks HTTP (or GraphQL, or messages): route handlers, controllers, resolvers.
    Router,
    /// Business logic.
    Service,
    /// Data access.
    Repository,
    /// ORM entities and domain models.
    Model,
    /// Shapes of requests and responses: DTOs, serializers, validation schemas.
    Schema,
    Middleware,
    /// Background jobs, queue consumers, scheduled tasks.
    Task,
    Config,
    Migration,
    Test,
    /// Command-line tools, one-off scripts, seeds.
    Script,
    /// Code that runs in a browser.
    Frontend,
    /// Wires the others together: `main`, `deps`, container and module files. May import everything.
    Composition,
}

impl Role {
    /// Every role, in the order of output.
    pub const ALL: [Role; 13] = [
        Role::Router,
        Role::Service,
        Role::Repository,
        Role::Model,
        Role::Schema,
        Role::Middleware,
        Role::Task,
        Role::Config,
        Role::Migration,
        Role::Test,
        Role::Script,
        Role::Frontend,
        Role::Composition,
    ];

    /// The word used in configuration and output.
    pub fn name(self) -> &'static str {
        match self {
            Role::Router => "router",
            Role::Service => "service",
            Role::Repository => "repository",
            Role::Model => "model",
            Role::Schema => "schema",
            Role::Middleware => "middleware",
            Role::Task => "task",
            Role::Config => "config",
            Role::Migration => "migration",
            Role::Test => "test",
            Role::Script => "script",
            Role::Frontend => "frontend",
            Role::Composition => "composition",
        }
    }

    /// The role with this name.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The place in `router > service > repository > model`, 0 the highest; `None` for roles outside the layers.
    pub fn rank(self) -> Option<u8> {
        match self {
            Role::Router => Some(0),
            Role::Service => Some(1),
            Role::Repository => Some(2),
            Role::Model => Some(3),
            _ => None,
        }
    }
}

/// How strong the evidence for a role is, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// The folder's or file's name.
    Folder,
    /// The suffix of a class or file name (`UserService`, `user.repository.ts`).
    Name,
    /// What the code does: most of its functions run queries, a file holds mostly definitions of the role.
    Content,
    /// A decorator, a registration call, a base class, a trait, a macro of a known framework.
    Framework,
    /// `archcheck.toml`.
    Config,
}

impl Strength {
    /// The word used in output.
    pub fn name(self) -> &'static str {
        match self {
            Strength::Folder => "folder",
            Strength::Name => "name",
            Strength::Content => "content",
            Strength::Framework => "framework",
            Strength::Config => "config",
        }
    }
}

/// A role with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleEvidence {
    pub role: Role,
    pub strength: Strength,
    /// For people: "registered with `fastapi.APIRouter.get`", "folder `services`".
    pub reason: String,
    /// The place of the evidence in the code, if it has one.
    pub place: Option<(FileId, Span)>,
}

/// A definition of the whole program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GlobalDef {
    pub file: FileId,
    pub def: DefId,
}
