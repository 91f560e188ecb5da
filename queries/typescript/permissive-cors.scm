; `cors({ origin: true, credentials: true })`, whatever framework the middleware is for. The options are told by their text: objects of pairs in any order would
; make the matcher try every two of them.
((call_expression function: (_) @cors arguments: (arguments . (object) @options)) @finding
  (#resolves-to? @cors "cors" "cors.default" "@koa/cors" "@koa/cors.default" "hono/cors.cors" "@fastify/cors" "@fastify/cors.default" "kcors" "kcors.default")
  (#match? @options "credentials:\\s*true")
  (#match? @options "\\borigin:\\s*(true\\b|'\\*'|\"\\*\"|\\(?\\w+, *\\w+\\)? *=> *\\w+\\(null, *true\\))")
  (#not-in-development? @finding))

; Nest: `app.enableCors({ … })`.
((call_expression
   function: (member_expression property: (property_identifier) @enable)
   arguments: (arguments . (object) @options)) @finding
  (#eq? @enable "enableCors")
  (#match? @options "credentials:\\s*true")
  (#match? @options "\\borigin:\\s*(true\\b|'\\*'|\"\\*\"|\\(?\\w+, *\\w+\\)? *=> *\\w+\\(null, *true\\))")
  (#not-in-development? @finding))

; Fastify: `app.register(cors, { … })`.
((call_expression
   function: (member_expression property: (property_identifier) @register)
   arguments: (arguments . (identifier) @plugin . (object) @options)) @finding
  (#eq? @register "register")
  (#resolves-to? @plugin "@fastify/cors" "@fastify/cors.default" "fastify-cors" "fastify-cors.default")
  (#match? @options "credentials:\\s*true")
  (#match? @options "\\borigin:\\s*(true\\b|'\\*'|\"\\*\"|\\(?\\w+, *\\w+\\)? *=> *\\w+\\(null, *true\\))")
  (#not-in-development? @finding))

; The same options under a name: `const corsOptions = { … }`.
((variable_declarator name: (identifier) @name value: (object) @options) @finding
  (#match? @name "(?i)cors")
  (#imports? "cors" "@koa/cors" "kcors" "hono/cors" "@fastify/cors" "fastify-cors")
  (#match? @options "credentials:\\s*true")
  (#match? @options "\\borigin:\\s*(true\\b|'\\*'|\"\\*\"|\\(?\\w+, *\\w+\\)? *=> *\\w+\\(null, *true\\))")
  (#not-in-development? @finding))

; By hand: the caller's own origin sent back, with credentials.
((call_expression
   function: (member_expression property: (property_identifier) @method)
   arguments: (arguments . (string (string_fragment) @header) . (_) @origin)) @finding
  (#any-of? @method "header" "setHeader" "set")
  (#match? @header "(?i)^access-control-allow-origin$")
  (#match? @origin "(?i)\\b(req|request|ctx)\\.(headers?(\\.origin|\\[?\\(?.origin)|get\\(.origin)")
  (#file-contains? "llow-Credentials" "llow-credentials")
  (#not-function-contains? @finding "ncludes(" "ndexOf(" ".has(" ".test(" "llowed" "hitelist" "ORIGINS" ".match(")
  (#not-in-development? @finding))
