//! The node kinds and fields of the Rust grammar, as small numbers the walk can dispatch on.
//!
//! Only what lowering tells apart is named; every other named node is [`Kind::Unknown`], every anonymous token [`Kind::Token`].

use std::num::NonZeroU16;
use std::sync::LazyLock;

use tree_sitter::{Language, Node};

macro_rules! kinds {
    ($($kind:ident = $name:literal,)*) => {
        /// A node kind of the grammar.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind {
            /// An anonymous token: punctuation or a keyword.
            Token,
            /// `_`.
            Underscore,
            /// A named node that lowering does not tell apart.
            Unknown,
            /// A syntax error.
            Error,
            $($kind,)*
        }

        impl Kind {
            fn of_name(name: &str) -> Kind {
                match name {
                    $($name => Kind::$kind,)*
                    "ERROR" => Kind::Error,
                    _ => Kind::Unknown,
                }
            }
        }
    };
}

kinds! {
    Shebang = "shebang",
    LineComment = "line_comment",
    BlockComment = "block_comment",
    EmptyStatement = "empty_statement",
    ExpressionStatement = "expression_statement",
    // items
    MacroDefinition = "macro_definition",
    AttributeItem = "attribute_item",
    InnerAttributeItem = "inner_attribute_item",
    Attribute = "attribute",
    ModItem = "mod_item",
    ForeignModItem = "foreign_mod_item",
    DeclarationList = "declaration_list",
    StructItem = "struct_item",
    UnionItem = "union_item",
    EnumItem = "enum_item",
    EnumVariantList = "enum_variant_list",
    EnumVariant = "enum_variant",
    FieldDeclarationList = "field_declaration_list",
    FieldDeclaration = "field_declaration",
    OrderedFieldDeclarationList = "ordered_field_declaration_list",
    ExternCrateDeclaration = "extern_crate_declaration",
    ConstItem = "const_item",
    StaticItem = "static_item",
    TypeItem = "type_item",
    FunctionItem = "function_item",
    FunctionSignatureItem = "function_signature_item",
    FunctionModifiers = "function_modifiers",
    WhereClause = "where_clause",
    WherePredicate = "where_predicate",
    ImplItem = "impl_item",
    TraitItem = "trait_item",
    AssociatedType = "associated_type",
    TraitBounds = "trait_bounds",
    HigherRankedTraitBound = "higher_ranked_trait_bound",
    RemovedTraitBound = "removed_trait_bound",
    TypeParameters = "type_parameters",
    TypeParameter = "type_parameter",
    LetDeclaration = "let_declaration",
    UseDeclaration = "use_declaration",
    ScopedUseList = "scoped_use_list",
    UseList = "use_list",
    UseAsClause = "use_as_clause",
    UseWildcard = "use_wildcard",
    Parameters = "parameters",
    SelfParameter = "self_parameter",
    VariadicParameter = "variadic_parameter",
    Parameter = "parameter",
    VisibilityModifier = "visibility_modifier",
    // types
    BracketedType = "bracketed_type",
    QualifiedType = "qualified_type",
    Lifetime = "lifetime",
    ArrayType = "array_type",
    FunctionType = "function_type",
    TupleType = "tuple_type",
    UnitType = "unit_type",
    GenericType = "generic_type",
    GenericTypeWithTurbofish = "generic_type_with_turbofish",
    BoundedType = "bounded_type",
    UseBounds = "use_bounds",
    TypeArguments = "type_arguments",
    TypeBinding = "type_binding",
    ReferenceType = "reference_type",
    PointerType = "pointer_type",
    NeverType = "never_type",
    AbstractType = "abstract_type",
    DynamicType = "dynamic_type",
    MutableSpecifier = "mutable_specifier",
    TypeIdentifier = "type_identifier",
    PrimitiveType = "primitive_type",
    ScopedTypeIdentifier = "scoped_type_identifier",
    // expressions
    Identifier = "identifier",
    FieldIdentifier = "field_identifier",
    ShorthandFieldIdentifier = "shorthand_field_identifier",
    SelfValue = "self",
    Super = "super",
    Crate = "crate",
    Metavariable = "metavariable",
    ScopedIdentifier = "scoped_identifier",
    GenericFunction = "generic_function",
    MacroInvocation = "macro_invocation",
    TokenTree = "token_tree",
    RangeExpression = "range_expression",
    UnaryExpression = "unary_expression",
    TryExpression = "try_expression",
    ReferenceExpression = "reference_expression",
    BinaryExpression = "binary_expression",
    AssignmentExpression = "assignment_expression",
    CompoundAssignment = "compound_assignment_expr",
    TypeCast = "type_cast_expression",
    ReturnExpression = "return_expression",
    YieldExpression = "yield_expression",
    CallExpression = "call_expression",
    Arguments = "arguments",
    ArrayExpression = "array_expression",
    ParenthesizedExpression = "parenthesized_expression",
    TupleExpression = "tuple_expression",
    UnitExpression = "unit_expression",
    StructExpression = "struct_expression",
    FieldInitializerList = "field_initializer_list",
    ShorthandFieldInitializer = "shorthand_field_initializer",
    FieldInitializer = "field_initializer",
    BaseFieldInitializer = "base_field_initializer",
    IfExpression = "if_expression",
    LetCondition = "let_condition",
    LetChain = "let_chain",
    ElseClause = "else_clause",
    MatchExpression = "match_expression",
    MatchBlock = "match_block",
    MatchArm = "match_arm",
    MatchPattern = "match_pattern",
    WhileExpression = "while_expression",
    LoopExpression = "loop_expression",
    ForExpression = "for_expression",
    ConstBlock = "const_block",
    ClosureExpression = "closure_expression",
    ClosureParameters = "closure_parameters",
    Label = "label",
    BreakExpression = "break_expression",
    ContinueExpression = "continue_expression",
    IndexExpression = "index_expression",
    AwaitExpression = "await_expression",
    FieldExpression = "field_expression",
    UnsafeBlock = "unsafe_block",
    AsyncBlock = "async_block",
    GenBlock = "gen_block",
    TryBlock = "try_block",
    Block = "block",
    // patterns
    GenericPattern = "generic_pattern",
    TuplePattern = "tuple_pattern",
    SlicePattern = "slice_pattern",
    TupleStructPattern = "tuple_struct_pattern",
    StructPattern = "struct_pattern",
    FieldPattern = "field_pattern",
    RemainingFieldPattern = "remaining_field_pattern",
    MutPattern = "mut_pattern",
    RangePattern = "range_pattern",
    RefPattern = "ref_pattern",
    CapturedPattern = "captured_pattern",
    ReferencePattern = "reference_pattern",
    OrPattern = "or_pattern",
    // literals
    NegativeLiteral = "negative_literal",
    IntegerLiteral = "integer_literal",
    FloatLiteral = "float_literal",
    StringLiteral = "string_literal",
    RawStringLiteral = "raw_string_literal",
    CharLiteral = "char_literal",
    BooleanLiteral = "boolean_literal",
}

impl Kind {
    /// True for nodes that may stand between any two others.
    pub(super) fn is_comment(self) -> bool {
        matches!(self, Kind::LineComment | Kind::BlockComment)
    }

    /// True for tokens, comments and the like: what is never an operand.
    pub(super) fn is_trivia(self) -> bool {
        matches!(self, Kind::Token | Kind::LineComment | Kind::BlockComment | Kind::MutableSpecifier | Kind::Label | Kind::AttributeItem)
    }
}

macro_rules! fields {
    ($($field:ident = $name:literal,)*) => {
        /// Field ids of the grammar.
        pub(super) struct Fields {
            $(pub(super) $field: Option<NonZeroU16>,)*
        }

        impl Fields {
            fn of(language: &Language) -> Fields {
                Fields { $($field: language.field_id_for_name($name),)* }
            }
        }
    };
}

fields! {
    alias = "alias",
    alternative = "alternative",
    body = "body",
    condition = "condition",
    consequence = "consequence",
    element = "element",
    left = "left",
    macro_ = "macro",
    name = "name",
    path = "path",
    pattern = "pattern",
    return_type = "return_type",
    trait_ = "trait",
    type_ = "type",
    value = "value",
}

/// The grammar with its tables.
pub(super) struct Grammar {
    pub(super) language: Language,
    pub(super) fields: Fields,
    kinds: Vec<Kind>,
}

impl Grammar {
    /// The kind of a node.
    pub(super) fn kind(&self, node: Node) -> Kind {
        self.kinds.get(node.kind_id() as usize).copied().unwrap_or(Kind::Error)
    }
}

/// The Rust grammar.
pub(super) static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| {
    let language = Language::new(tree_sitter_rust::LANGUAGE);
    let kinds = (0..language.node_kind_count() as u16)
        .map(|id| match (language.node_kind_is_named(id), language.node_kind_for_id(id)) {
            (_, None) => Kind::Unknown,
            (true, Some(name)) => Kind::of_name(name),
            (false, Some("_")) => Kind::Underscore,
            (false, Some(_)) => Kind::Token,
        })
        .collect();
    Grammar { fields: Fields::of(&language), kinds, language }
});
