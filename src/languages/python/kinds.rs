//! The grammar's node kinds as a dense enum, so that the walk dispatches on a jump table instead of on strings.
//!
//! The table from the grammar's numeric ids is built once from the grammar itself: a new version of the grammar may renumber
//! them, and a test says when it renames one.

use std::sync::LazyLock;

use crate::model::body::BinaryOp;

macro_rules! kinds {
    (named { $($named:ident $named_text:literal,)* } tokens { $($token:ident $token_text:literal,)* }) => {
        /// What a syntax node is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind {
            /// Punctuation or a keyword that carries nothing.
            Token,
            /// A named node that has no handler: its children are lowered, itself becomes `Other`.
            Unknown,
            /// A part the parser could not understand.
            Error,
            $($named,)*
            $($token,)*
        }

        const NAMED: &[(&str, Kind)] = &[$(($named_text, Kind::$named),)*];
        const TOKENS: &[(&str, Kind)] = &[$(($token_text, Kind::$token),)*];
    };
}

kinds! {
    named {
        Module "module",
        Block "block",
        ExpressionStatement "expression_statement",
        Assignment "assignment",
        AugmentedAssignment "augmented_assignment",
        ReturnStatement "return_statement",
        DeleteStatement "delete_statement",
        RaiseStatement "raise_statement",
        PassStatement "pass_statement",
        BreakStatement "break_statement",
        ContinueStatement "continue_statement",
        GlobalStatement "global_statement",
        NonlocalStatement "nonlocal_statement",
        AssertStatement "assert_statement",
        PrintStatement "print_statement",
        ExecStatement "exec_statement",
        TypeAliasStatement "type_alias_statement",
        ImportStatement "import_statement",
        ImportFromStatement "import_from_statement",
        FutureImportStatement "future_import_statement",
        IfStatement "if_statement",
        ElifClause "elif_clause",
        ElseClause "else_clause",
        ForStatement "for_statement",
        WhileStatement "while_statement",
        TryStatement "try_statement",
        ExceptClause "except_clause",
        FinallyClause "finally_clause",
        WithStatement "with_statement",
        WithClause "with_clause",
        WithItem "with_item",
        FunctionDefinition "function_definition",
        ClassDefinition "class_definition",
        DecoratedDefinition "decorated_definition",
        Decorator "decorator",
        MatchStatement "match_statement",
        CaseClause "case_clause",
        CasePattern "case_pattern",
        ClassPattern "class_pattern",
        KeywordPattern "keyword_pattern",
        SplatPattern "splat_pattern",
        UnionPattern "union_pattern",
        DictPattern "dict_pattern",
        ComplexPattern "complex_pattern",
        AsPattern "as_pattern",
        AsPatternTarget "as_pattern_target",
        ListPattern "list_pattern",
        TuplePattern "tuple_pattern",
        PatternList "pattern_list",
        ListSplat "list_splat",
        ListSplatPattern "list_splat_pattern",
        DictionarySplat "dictionary_splat",
        DictionarySplatPattern "dictionary_splat_pattern",
        ExpressionList "expression_list",
        Parameters "parameters",
        LambdaParameters "lambda_parameters",
        DefaultParameter "default_parameter",
        TypedParameter "typed_parameter",
        TypedDefaultParameter "typed_default_parameter",
        KeywordSeparator "keyword_separator",
        PositionalSeparator "positional_separator",
        Identifier "identifier",
        Attribute "attribute",
        Subscript "subscript",
        Slice "slice",
        Call "call",
        ArgumentList "argument_list",
        KeywordArgument "keyword_argument",
        BinaryOperator "binary_operator",
        BooleanOperator "boolean_operator",
        UnaryOperator "unary_operator",
        NotOperator "not_operator",
        ComparisonOperator "comparison_operator",
        ConditionalExpression "conditional_expression",
        NamedExpression "named_expression",
        Lambda "lambda",
        Await "await",
        Yield "yield",
        ParenthesizedExpression "parenthesized_expression",
        List "list",
        Tuple "tuple",
        Set "set",
        Dictionary "dictionary",
        Pair "pair",
        ListComprehension "list_comprehension",
        SetComprehension "set_comprehension",
        DictionaryComprehension "dictionary_comprehension",
        GeneratorExpression "generator_expression",
        ForInClause "for_in_clause",
        IfClause "if_clause",
        String "string",
        ConcatenatedString "concatenated_string",
        StringContent "string_content",
        Interpolation "interpolation",
        FormatExpression "format_expression",
        FormatSpecifier "format_specifier",
        TypeConversion "type_conversion",
        Integer "integer",
        Float "float",
        True "true",
        False "false",
        None "none",
        Ellipsis "ellipsis",
        Type "type",
        GenericType "generic_type",
        UnionType "union_type",
        ConstrainedType "constrained_type",
        MemberType "member_type",
        SplatType "splat_type",
        TypeParameter "type_parameter",
        DottedName "dotted_name",
        AliasedImport "aliased_import",
        RelativeImport "relative_import",
        ImportPrefix "import_prefix",
        WildcardImport "wildcard_import",
        Comment "comment",
        LineContinuation "line_continuation",
    }
    tokens {
        AsyncToken "async",
        AsToken "as",
        FromToken "from",
        NotToken "not",
        AndToken "and",
        OrToken "or",
        InToken "in",
        NotInToken "not in",
        IsToken "is",
        IsNotToken "is not",
        Underscore "_",
        Equals "=",
        Plus "+",
        Minus "-",
        Star "*",
        StarStar "**",
        Slash "/",
        SlashSlash "//",
        Percent "%",
        At "@",
        Pipe "|",
        Ampersand "&",
        Caret "^",
        ShiftLeft "<<",
        ShiftRight ">>",
        Less "<",
        LessEqual "<=",
        EqualEqual "==",
        NotEqual "!=",
        OldNotEqual "<>",
        GreaterEqual ">=",
        Greater ">",
        PlusAssign "+=",
        MinusAssign "-=",
        StarAssign "*=",
        SlashAssign "/=",
        AtAssign "@=",
        SlashSlashAssign "//=",
        PercentAssign "%=",
        StarStarAssign "**=",
        ShiftRightAssign ">>=",
        ShiftLeftAssign "<<=",
        AmpersandAssign "&=",
        CaretAssign "^=",
        PipeAssign "|=",
    }
}

/// The kind behind each numeric id of the grammar. The id of error nodes lies outside.
pub(super) static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let language = tree_sitter::Language::from(tree_sitter_python::LANGUAGE);
    (0..language.node_kind_count())
        .map(|id| {
            let id = id as u16;
            let named = language.node_kind_is_named(id);
            let name = language.node_kind_for_id(id).unwrap_or_default();
            let list = if named { NAMED } else { TOKENS };
            let fallback = if named { Kind::Unknown } else { Kind::Token };
            list.iter().find(|(known, _)| *known == name).map_or(fallback, |&(_, kind)| kind)
        })
        .collect()
});

impl Kind {
    /// The binary operator a token stands for, also in its augmented form (`+=`).
    pub(super) fn operator(self) -> Option<BinaryOp> {
        Some(match self {
            Kind::Plus | Kind::PlusAssign => BinaryOp::Add,
            Kind::Minus | Kind::MinusAssign => BinaryOp::Subtract,
            Kind::Star | Kind::StarAssign => BinaryOp::Multiply,
            Kind::StarStar | Kind::StarStarAssign => BinaryOp::Power,
            Kind::Slash | Kind::SlashSlash | Kind::SlashAssign | Kind::SlashSlashAssign => BinaryOp::Divide,
            Kind::Percent | Kind::PercentAssign => BinaryOp::Remainder,
            Kind::At | Kind::AtAssign => BinaryOp::Other,
            Kind::Pipe | Kind::Ampersand | Kind::Caret | Kind::ShiftLeft | Kind::ShiftRight => BinaryOp::Bits,
            Kind::PipeAssign | Kind::AmpersandAssign | Kind::CaretAssign | Kind::ShiftLeftAssign | Kind::ShiftRightAssign => BinaryOp::Bits,
            Kind::AndToken => BinaryOp::And,
            Kind::OrToken => BinaryOp::Or,
            Kind::Less => BinaryOp::Less,
            Kind::LessEqual => BinaryOp::LessEqual,
            Kind::EqualEqual => BinaryOp::Equal,
            Kind::NotEqual | Kind::OldNotEqual => BinaryOp::NotEqual,
            Kind::GreaterEqual => BinaryOp::GreaterEqual,
            Kind::Greater => BinaryOp::Greater,
            Kind::InToken => BinaryOp::In,
            Kind::NotInToken => BinaryOp::NotIn,
            Kind::IsToken => BinaryOp::Is,
            Kind::IsNotToken => BinaryOp::IsNot,
            _ => return None,
        })
    }

    /// True for tokens, which carry nothing to lower by themselves.
    pub(super) fn is_token(self) -> bool {
        self == Kind::Token || self as u8 >= Kind::AsyncToken as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_one_of_the_grammar() {
        for (name, kind) in NAMED.iter().chain(TOKENS) {
            assert!(KINDS.contains(kind), "the grammar has no node kind `{name}`");
        }
    }
}
