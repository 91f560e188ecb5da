//! The three grammars of the family as one closed set of node kinds, and the parsers that are reused per thread.
//!
//! TypeScript, TSX and JavaScript number their node kinds differently; [`Grammar`] maps each numbering to [`Kind`] once, so that
//! the lowering is written once and never compares kind names. Kinds the lowering has no interest in are [`Kind::Token`]
//! (keywords and punctuation) or [`Kind::Unknown`].

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use tree_sitter::{Parser, Tree};

/// The number of a field in a grammar; never zero.
type FieldId = std::num::NonZeroU16;

use crate::model::body::BinaryOp;
use crate::model::source::Language;

/// What a syntax node is, whichever grammar made it. Variants ending in `Token` are keywords or punctuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Error,
    Unknown,
    Token,
    Comment,
    Program,
    // statements
    Block,
    Break,
    Catch,
    Continue,
    DoWhile,
    Else,
    Export,
    ExpressionStatement,
    Finally,
    For,
    ForIn,
    If,
    ImportAlias,
    ImportStatement,
    Labeled,
    Nothing,
    Return,
    Switch,
    SwitchBody,
    SwitchCase,
    SwitchDefault,
    Throw,
    Try,
    Variables,
    Declarator,
    While,
    With,
    // parts of imports and exports
    ExportClause,
    ExportSpecifier,
    ImportClause,
    ImportRequire,
    ImportSpecifier,
    NamedImports,
    NamespaceExport,
    NamespaceImport,
    // definitions
    AbstractClass,
    AbstractMethod,
    Accessibility,
    Ambient,
    Arrow,
    Class,
    ClassBody,
    ClassDeclaration,
    ClassHeritage,
    Decorator,
    Enum,
    EnumAssignment,
    EnumBody,
    Extends,
    ExtendsType,
    Field,
    Function,
    FunctionExpression,
    FunctionSignature,
    Implements,
    Interface,
    Method,
    MethodSignature,
    Namespace,
    Override,
    Parameters,
    Parameter,
    PropertySignature,
    StaticBlock,
    TypeAlias,
    // expressions
    Arguments,
    Array,
    Assignment,
    AugmentedAssignment,
    Await,
    Binary,
    Call,
    Cast,
    ComputedName,
    False,
    Identifier,
    Import,
    Instantiation,
    Member,
    MetaProperty,
    New,
    NonNull,
    Null,
    Number,
    Object,
    OptionalChain,
    Pair,
    Parenthesized,
    PrivateName,
    PropertyName,
    Regex,
    Sequence,
    ShorthandProperty,
    Spread,
    String,
    Subscript,
    Super,
    Template,
    TemplateSubstitution,
    Ternary,
    This,
    True,
    TypeAssertion,
    Unary,
    Undefined,
    Update,
    Yield,
    // patterns
    ArrayPattern,
    AssignmentPattern,
    ObjectAssignmentPattern,
    ObjectPattern,
    PairPattern,
    RestPattern,
    ShorthandPattern,
    // JSX
    JsxAttribute,
    JsxClosing,
    JsxElement,
    JsxEntity,
    JsxExpression,
    JsxNamespaceName,
    JsxOpening,
    JsxSelfClosing,
    JsxText,
    // types
    ArrayType,
    GenericType,
    IntersectionType,
    LiteralType,
    NestedName,
    ObjectType,
    /// `T['field']`
    LookupType,
    OtherType,
    ParenthesizedType,
    PredefinedType,
    PredicateAnnotation,
    ReadonlyType,
    ThisType,
    TypeAnnotation,
    TypeArguments,
    TypeName,
    TypeParameters,
    TypeQuery,
    UnionType,
    // keywords and punctuation the lowering looks at
    AbstractToken,
    ArrowToken,
    AsyncToken,
    AwaitToken,
    ColonToken,
    CommaToken,
    ConstToken,
    DefaultToken,
    DeleteToken,
    EqualsToken,
    GetToken,
    GlobalToken,
    LetToken,
    MinusToken,
    NotToken,
    ReadonlyToken,
    StarToken,
    StaticToken,
    TypeToken,
    TypeofToken,
    UsingToken,
    VarToken,
}

impl Kind {
    /// Chains whose first child is the same kind of chain again: `a + b + c`, `x.f().g()`. They are lowered in a loop.
    pub(super) fn is_chain(self) -> bool {
        use Kind::*;
        matches!(self, Call | Member | Subscript | NonNull | Binary | Cast | Instantiation | Ternary)
    }

    /// Everything [`expression`](super::lower) can lower.
    pub(super) fn is_expression(self) -> bool {
        use Kind::*;
        self.is_chain()
            || matches!(
                self,
                Array
                    | Arrow
                    | Assignment
                    | AugmentedAssignment
                    | Await
                    | Class
                    | False
                    | FunctionExpression
                    | Identifier
                    | Import
                    | JsxElement
                    | JsxSelfClosing
                    | MetaProperty
                    | New
                    | Null
                    | Number
                    | Object
                    | Parenthesized
                    | PrivateName
                    | PropertyName
                    | Regex
                    | Sequence
                    | ShorthandProperty
                    | String
                    | Super
                    | Template
                    | This
                    | True
                    | TypeAssertion
                    | Unary
                    | Undefined
                    | Update
                    | Yield
            )
            || self.is_pattern()
    }

    /// Destructuring patterns and their parts.
    pub(super) fn is_pattern(self) -> bool {
        use Kind::*;
        matches!(self, ArrayPattern | AssignmentPattern | ObjectAssignmentPattern | ObjectPattern | RestPattern | ShorthandPattern | Spread)
    }

    /// Types, without the annotation's colon.
    pub(super) fn is_type(self) -> bool {
        use Kind::*;
        matches!(
            self,
            ArrayType
                | GenericType
                | IntersectionType
                | LiteralType
                | NestedName
                | ObjectType
                | LookupType
                | OtherType
                | ParenthesizedType
                | PredefinedType
                | ReadonlyType
                | ThisType
                | TypeName
                | TypeQuery
                | UnionType
        )
    }

    /// Statements and declarations.
    pub(super) fn is_statement(self) -> bool {
        use Kind::*;
        matches!(
            self,
            AbstractClass
                | Ambient
                | Block
                | Break
                | ClassDeclaration
                | Continue
                | DoWhile
                | Enum
                | Export
                | ExpressionStatement
                | For
                | ForIn
                | Function
                | FunctionSignature
                | If
                | ImportAlias
                | ImportStatement
                | Interface
                | Labeled
                | Namespace
                | Nothing
                | Return
                | Switch
                | Throw
                | Try
                | TypeAlias
                | Variables
                | While
                | With
        )
    }

    /// Names of properties, methods and fields.
    pub(super) fn is_property_name(self) -> bool {
        use Kind::*;
        matches!(self, PropertyName | PrivateName | String | Number | ComputedName)
    }
}

const NAMED: &[(&str, Kind)] = &[
    ("comment", Kind::Comment),
    ("html_comment", Kind::Comment),
    ("hash_bang_line", Kind::Comment),
    ("program", Kind::Program),
    ("statement_block", Kind::Block),
    ("break_statement", Kind::Break),
    ("catch_clause", Kind::Catch),
    ("continue_statement", Kind::Continue),
    ("do_statement", Kind::DoWhile),
    ("else_clause", Kind::Else),
    ("export_statement", Kind::Export),
    ("expression_statement", Kind::ExpressionStatement),
    ("finally_clause", Kind::Finally),
    ("for_statement", Kind::For),
    ("for_in_statement", Kind::ForIn),
    ("if_statement", Kind::If),
    ("import_alias", Kind::ImportAlias),
    ("import_statement", Kind::ImportStatement),
    ("labeled_statement", Kind::Labeled),
    ("empty_statement", Kind::Nothing),
    ("debugger_statement", Kind::Nothing),
    ("return_statement", Kind::Return),
    ("switch_statement", Kind::Switch),
    ("switch_body", Kind::SwitchBody),
    ("switch_case", Kind::SwitchCase),
    ("switch_default", Kind::SwitchDefault),
    ("throw_statement", Kind::Throw),
    ("try_statement", Kind::Try),
    ("lexical_declaration", Kind::Variables),
    ("variable_declaration", Kind::Variables),
    ("using_declaration", Kind::Variables),
    ("variable_declarator", Kind::Declarator),
    ("while_statement", Kind::While),
    ("with_statement", Kind::With),
    ("export_clause", Kind::ExportClause),
    ("export_specifier", Kind::ExportSpecifier),
    ("import_clause", Kind::ImportClause),
    ("import_require_clause", Kind::ImportRequire),
    ("import_specifier", Kind::ImportSpecifier),
    ("named_imports", Kind::NamedImports),
    ("namespace_export", Kind::NamespaceExport),
    ("namespace_import", Kind::NamespaceImport),
    ("abstract_class_declaration", Kind::AbstractClass),
    ("abstract_method_signature", Kind::AbstractMethod),
    ("accessibility_modifier", Kind::Accessibility),
    ("ambient_declaration", Kind::Ambient),
    ("arrow_function", Kind::Arrow),
    ("class", Kind::Class),
    ("class_body", Kind::ClassBody),
    ("class_declaration", Kind::ClassDeclaration),
    ("class_heritage", Kind::ClassHeritage),
    ("decorator", Kind::Decorator),
    ("enum_declaration", Kind::Enum),
    ("enum_assignment", Kind::EnumAssignment),
    ("enum_body", Kind::EnumBody),
    ("extends_clause", Kind::Extends),
    ("extends_type_clause", Kind::ExtendsType),
    ("public_field_definition", Kind::Field),
    ("field_definition", Kind::Field),
    ("function_declaration", Kind::Function),
    ("generator_function_declaration", Kind::Function),
    ("function_expression", Kind::FunctionExpression),
    ("generator_function", Kind::FunctionExpression),
    ("function_signature", Kind::FunctionSignature),
    ("implements_clause", Kind::Implements),
    ("interface_declaration", Kind::Interface),
    ("method_definition", Kind::Method),
    ("method_signature", Kind::MethodSignature),
    ("internal_module", Kind::Namespace),
    ("module", Kind::Namespace),
    ("override_modifier", Kind::Override),
    ("formal_parameters", Kind::Parameters),
    ("required_parameter", Kind::Parameter),
    ("optional_parameter", Kind::Parameter),
    ("property_signature", Kind::PropertySignature),
    ("class_static_block", Kind::StaticBlock),
    ("type_alias_declaration", Kind::TypeAlias),
    ("arguments", Kind::Arguments),
    ("array", Kind::Array),
    ("assignment_expression", Kind::Assignment),
    ("augmented_assignment_expression", Kind::AugmentedAssignment),
    ("await_expression", Kind::Await),
    ("binary_expression", Kind::Binary),
    ("call_expression", Kind::Call),
    ("as_expression", Kind::Cast),
    ("satisfies_expression", Kind::Cast),
    ("computed_property_name", Kind::ComputedName),
    ("false", Kind::False),
    ("identifier", Kind::Identifier),
    ("import", Kind::Import),
    ("instantiation_expression", Kind::Instantiation),
    ("member_expression", Kind::Member),
    ("meta_property", Kind::MetaProperty),
    ("new_expression", Kind::New),
    ("non_null_expression", Kind::NonNull),
    ("null", Kind::Null),
    ("number", Kind::Number),
    ("object", Kind::Object),
    ("optional_chain", Kind::OptionalChain),
    ("pair", Kind::Pair),
    ("parenthesized_expression", Kind::Parenthesized),
    ("private_property_identifier", Kind::PrivateName),
    ("property_identifier", Kind::PropertyName),
    ("regex", Kind::Regex),
    ("sequence_expression", Kind::Sequence),
    ("shorthand_property_identifier", Kind::ShorthandProperty),
    ("spread_element", Kind::Spread),
    ("string", Kind::String),
    ("subscript_expression", Kind::Subscript),
    ("super", Kind::Super),
    ("template_string", Kind::Template),
    ("template_substitution", Kind::TemplateSubstitution),
    ("ternary_expression", Kind::Ternary),
    ("this", Kind::This),
    ("true", Kind::True),
    ("type_assertion", Kind::TypeAssertion),
    ("unary_expression", Kind::Unary),
    ("undefined", Kind::Undefined),
    ("update_expression", Kind::Update),
    ("yield_expression", Kind::Yield),
    ("array_pattern", Kind::ArrayPattern),
    ("assignment_pattern", Kind::AssignmentPattern),
    ("object_assignment_pattern", Kind::ObjectAssignmentPattern),
    ("object_pattern", Kind::ObjectPattern),
    ("pair_pattern", Kind::PairPattern),
    ("rest_pattern", Kind::RestPattern),
    ("shorthand_property_identifier_pattern", Kind::ShorthandPattern),
    ("jsx_attribute", Kind::JsxAttribute),
    ("jsx_closing_element", Kind::JsxClosing),
    ("jsx_element", Kind::JsxElement),
    ("html_character_reference", Kind::JsxEntity),
    ("jsx_expression", Kind::JsxExpression),
    ("jsx_namespace_name", Kind::JsxNamespaceName),
    ("jsx_opening_element", Kind::JsxOpening),
    ("jsx_self_closing_element", Kind::JsxSelfClosing),
    ("jsx_text", Kind::JsxText),
    ("array_type", Kind::ArrayType),
    ("generic_type", Kind::GenericType),
    ("intersection_type", Kind::IntersectionType),
    ("literal_type", Kind::LiteralType),
    ("nested_identifier", Kind::NestedName),
    ("nested_type_identifier", Kind::NestedName),
    ("object_type", Kind::ObjectType),
    ("interface_body", Kind::ObjectType),
    ("parenthesized_type", Kind::ParenthesizedType),
    ("predefined_type", Kind::PredefinedType),
    ("asserts_annotation", Kind::PredicateAnnotation),
    ("type_predicate_annotation", Kind::PredicateAnnotation),
    ("readonly_type", Kind::ReadonlyType),
    ("this_type", Kind::ThisType),
    ("type_annotation", Kind::TypeAnnotation),
    ("omitting_type_annotation", Kind::TypeAnnotation),
    ("adding_type_annotation", Kind::TypeAnnotation),
    ("opting_type_annotation", Kind::TypeAnnotation),
    ("constraint", Kind::TypeAnnotation),
    ("default_type", Kind::TypeAnnotation),
    ("type_arguments", Kind::TypeArguments),
    ("type_identifier", Kind::TypeName),
    ("type_parameters", Kind::TypeParameters),
    ("type_query", Kind::TypeQuery),
    ("union_type", Kind::UnionType),
    ("asserts", Kind::OtherType),
    ("call_signature", Kind::OtherType),
    ("conditional_type", Kind::OtherType),
    ("construct_signature", Kind::OtherType),
    ("constructor_type", Kind::OtherType),
    ("existential_type", Kind::OtherType),
    ("flow_maybe_type", Kind::OtherType),
    ("function_type", Kind::OtherType),
    ("index_signature", Kind::OtherType),
    ("index_type_query", Kind::OtherType),
    ("infer_type", Kind::OtherType),
    ("lookup_type", Kind::LookupType),
    ("mapped_type_clause", Kind::OtherType),
    ("optional_type", Kind::OtherType),
    ("rest_type", Kind::OtherType),
    ("template_literal_type", Kind::OtherType),
    ("template_type", Kind::OtherType),
    ("tuple_type", Kind::OtherType),
    ("type_parameter", Kind::OtherType),
    ("type_predicate", Kind::OtherType),
];

const TOKENS: &[(&str, Kind)] = &[
    ("abstract", Kind::AbstractToken),
    ("=>", Kind::ArrowToken),
    ("async", Kind::AsyncToken),
    ("await", Kind::AwaitToken),
    (":", Kind::ColonToken),
    (",", Kind::CommaToken),
    ("const", Kind::ConstToken),
    ("default", Kind::DefaultToken),
    ("delete", Kind::DeleteToken),
    ("=", Kind::EqualsToken),
    ("get", Kind::GetToken),
    ("global", Kind::GlobalToken),
    ("let", Kind::LetToken),
    ("-", Kind::MinusToken),
    ("!", Kind::NotToken),
    ("readonly", Kind::ReadonlyToken),
    ("*", Kind::StarToken),
    ("static", Kind::StaticToken),
    ("type", Kind::TypeToken),
    ("typeof", Kind::TypeofToken),
    ("using", Kind::UsingToken),
    ("var", Kind::VarToken),
];

const OPERATORS: &[(&str, BinaryOp)] = &[
    ("+", BinaryOp::Add),
    ("+=", BinaryOp::Add),
    ("-", BinaryOp::Subtract),
    ("-=", BinaryOp::Subtract),
    ("*", BinaryOp::Multiply),
    ("*=", BinaryOp::Multiply),
    ("/", BinaryOp::Divide),
    ("/=", BinaryOp::Divide),
    ("%", BinaryOp::Remainder),
    ("%=", BinaryOp::Remainder),
    ("**", BinaryOp::Power),
    ("**=", BinaryOp::Power),
    ("&", BinaryOp::Bits),
    ("&=", BinaryOp::Bits),
    ("|", BinaryOp::Bits),
    ("|=", BinaryOp::Bits),
    ("^", BinaryOp::Bits),
    ("^=", BinaryOp::Bits),
    ("<<", BinaryOp::Bits),
    ("<<=", BinaryOp::Bits),
    (">>", BinaryOp::Bits),
    (">>=", BinaryOp::Bits),
    (">>>", BinaryOp::Bits),
    (">>>=", BinaryOp::Bits),
    ("&&", BinaryOp::And),
    ("&&=", BinaryOp::And),
    ("||", BinaryOp::Or),
    ("||=", BinaryOp::Or),
    ("??", BinaryOp::Coalesce),
    ("??=", BinaryOp::Coalesce),
    ("==", BinaryOp::Equal),
    ("===", BinaryOp::Equal),
    ("!=", BinaryOp::NotEqual),
    ("!==", BinaryOp::NotEqual),
    ("<", BinaryOp::Less),
    ("<=", BinaryOp::LessEqual),
    (">", BinaryOp::Greater),
    (">=", BinaryOp::GreaterEqual),
    ("in", BinaryOp::In),
    ("instanceof", BinaryOp::InstanceOf),
];

/// One grammar: its tree-sitter language and its kind numbers translated.
pub(super) struct Grammar {
    pub(super) language: tree_sitter::Language,
    kinds: Vec<Kind>,
    operators: Vec<Option<BinaryOp>>,
    pub(super) fields: Fields,
}

/// The fields that tell children of the same kind apart.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) initializer: Option<FieldId>,
    pub(super) condition: Option<FieldId>,
    pub(super) increment: Option<FieldId>,
    pub(super) left: Option<FieldId>,
    pub(super) right: Option<FieldId>,
    pub(super) body: Option<FieldId>,
}

impl Fields {
    fn new(language: &tree_sitter::Language) -> Fields {
        let field = |name: &str| language.field_id_for_name(name);
        Fields {
            initializer: field("initializer"),
            condition: field("condition"),
            increment: field("increment"),
            left: field("left"),
            right: field("right"),
            body: field("body"),
        }
    }
}

impl Grammar {
    fn new(language: tree_sitter::Language) -> Grammar {
        let named: FxHashMap<&str, Kind> = NAMED.iter().copied().collect();
        let tokens: FxHashMap<&str, Kind> = TOKENS.iter().copied().collect();
        let signs: FxHashMap<&str, BinaryOp> = OPERATORS.iter().copied().collect();
        let mut kinds = Vec::new();
        let mut operators = Vec::new();
        for id in 0..language.node_kind_count() as u16 {
            let name = language.node_kind_for_id(id).unwrap_or_default();
            if language.node_kind_is_named(id) {
                kinds.push(named.get(name).copied().unwrap_or(Kind::Unknown));
                operators.push(None);
            } else {
                kinds.push(tokens.get(name).copied().unwrap_or(Kind::Token));
                operators.push(signs.get(name).copied());
            }
        }
        let fields = Fields::new(&language);
        Grammar { language, kinds, operators, fields }
    }

    /// The kind behind a kind number. Error nodes have a number outside the table.
    pub(super) fn kind(&self, id: u16) -> Kind {
        self.kinds.get(id as usize).copied().unwrap_or(Kind::Error)
    }

    /// The operator a token is, if it is one.
    pub(super) fn operator(&self, id: u16) -> Option<BinaryOp> {
        self.operators.get(id as usize).copied().flatten()
    }
}

static TYPESCRIPT: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into()));
static TSX: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_typescript::LANGUAGE_TSX.into()));
static JAVASCRIPT: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_javascript::LANGUAGE.into()));

/// The grammar of a language of this family (any other language gets TypeScript's).
pub(super) fn grammar(language: Language) -> &'static Grammar {
    match language {
        Language::JavaScript => &JAVASCRIPT,
        Language::Tsx => &TSX,
        _ => &TYPESCRIPT,
    }
}

/// Parser steps are counted, never the clock read, so that the same file is always cut off at the same place. tree-sitter
/// calls back every 100 steps; code takes about half a step a byte and the densest minified file seen takes two, so ten
/// stop only what grows faster than the file.
fn step_budget(bytes: usize) -> u64 {
    2_000 + bytes as u64 / 10
}

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// Parses `text`; `None` when the step budget is used up (or the grammar does not load, which a test rules out).
pub(super) fn parse(text: &str, grammar: &Grammar) -> Option<Tree> {
    parse_within(step_budget(text.len()), text, grammar, &[])
}

/// Parses these parts of a text alone, in order; nothing but blanks lies between them.
pub(super) fn parse_parts(text: &str, grammar: &Grammar, parts: &[tree_sitter::Range]) -> Option<Tree> {
    parse_within(step_budget(text.len()), text, grammar, parts)
}

fn parse_within(budget: u64, text: &str, grammar: &Grammar, parts: &[tree_sitter::Range]) -> Option<Tree> {
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(&grammar.language).ok()?;
        parser.set_included_ranges(parts).ok()?;
        let mut left = budget;
        let mut progress = |_: &tree_sitter::ParseState| {
            left = left.saturating_sub(1);
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let bytes = text.as_bytes();
        let options = tree_sitter::ParseOptions::new().progress_callback(&mut progress);
        let tree = parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_tables_exists_in_a_grammar() {
        let grammars = [Language::TypeScript, Language::Tsx, Language::JavaScript].map(grammar);
        let known = |name: &str, named: bool| grammars.iter().any(|grammar| grammar.language.id_for_node_kind(name, named) != 0);
        for (name, _) in NAMED {
            assert!(known(name, true), "no grammar has a node {name}");
        }
        for name in TOKENS.iter().map(|(name, _)| name).chain(OPERATORS.iter().map(|(name, _)| name)) {
            assert!(known(name, false), "no grammar has a token {name}");
        }
    }

    #[test]
    fn parsing_is_cut_off_by_counting_steps() {
        let grammar = grammar(Language::TypeScript);
        let text = "let x = (1 + 2);\n".repeat(1000);
        assert!(parse_within(20, &text, grammar, &[]).is_none());
        assert!(parse("let x = 1", grammar).is_some(), "the parser works again after a cut-off");
        assert!(parse(&text, grammar).is_some());
    }
}
