; `cors({ origin: true, credentials: true })`, whatever framework the middleware is for. The options are told by their text: objects of pairs in any order would
; make the matcher try every two of them.
((call_expression function: (_) @cors arguments: (arguments . (object) @options)) @finding
  (#resolves-to? @cors "cors" "cors.default" "@koa/cors" "@koa/cors.default" "hono/cors.cors" "@fastify/cors" "@fastify/cors.default" "kcors" "kcors.default")
  (#contains? @options "credentials:")
  (#match? @options "credentials:\\s*true")
  (#match? @options "\\borigin:\\s*(true\\b|\\(?\\w+, *\\w+\\)? *=> *\\w+\\(null, *true\\))")
  (#not-in-development? @finding))

; Nest: `app.enableCors({ … })`.
((call_expression
   function: (member_expression property: (property_identifier) @enable)
   arguments: (arguments . (object) @options)) @finding
  (#eq? @enable "enableCors")
  (#contains? @options "credentials:")
  (#match? @options "credentials:\\s*true")
  (#match? @options "\\borigin:\\s*(true\\b|\\(?\\w+, *\\w+\\)? *=> *\\w+\\(null, *true\\))")
  (#not-in-development? @finding))

; Fastify: `app.register(cors, { … })`.
((call_expression
   function: (member_expression property: (property_identifier) @register)
   arguments: (arguments . (identifier) @plugin . (object) @options)) @finding
  (#eq? @register "register")
  (#file-contains? "fastify")
  (#resolves-to? @plugin "@fastify/cors" "@fastify/cors.default" "fastify-cors" "fastify-cors.default")
  (#contains? @options "credentials:")
  (#match? @options "credentials:\\s*true")
  (#match? @options "\\borigin:\\s*(true\\b|\\(?\\w+, *\\w+\\)? *=> *\\w+\\(null, *true\\))")
  (#not-in-development? @finding))

; The same options under a name: `const corsOptions = { … }`.
((variable_declarator name: (identifier) @name value: (object) @options) @finding
  (#match? @name "(?i)cors")
  (#contains? @options "credentials:")
  (#contains? @options "origin:")
  (#imports? "cors" "@koa/cors" "kcors" "hono/cors" "@fastify/cors" "fastify-cors")
  (#contains? @options "credentials:")
  (#match? @options "credentials:\\s*true")
  (#match? @options "\\borigin:\\s*(true\\b|\\(?\\w+, *\\w+\\)? *=> *\\w+\\(null, *true\\))")
  (#not-in-development? @finding))

; A literal `*` beside credentials: browsers refuse the pair.
([(call_expression arguments: (arguments (object) @options))
  (variable_declarator value: (object) @options)] @finding
  (#match? @options "^[^(]*credentials:\\s*true")
  (#match? @options "\\borigin:\\s*('\\*'|\"\\*\")")
  (#contains? @options "credentials:")
  (#contains? @options "origin:")
  (#imports? "cors" "@koa/cors" "kcors" "hono/cors" "@fastify/cors" "fastify-cors" "@nestjs/core")
  (#not-in-development? @finding)
  (#set! message "Every origin is allowed, together with credentials, which browsers refuse.")
  (#set! level "note")
  (#set! help "open"))

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

; Without credentials: for a whole application or router, not for one route that is meant to be open.
((call_expression
   function: (member_expression property: (property_identifier) @use)
   arguments: (arguments (call_expression function: (_) @cors arguments: (arguments) @none) @finding))
  (#eq? @use "use")
  (#file-contains? "use(")
  (#eq? @none "()")
  (#resolves-to? @cors "cors" "cors.default" "@koa/cors" "@koa/cors.default" "hono/cors.cors" "kcors" "kcors.default")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

((call_expression
   function: (member_expression property: (property_identifier) @use)
   arguments: (arguments (call_expression function: (_) @cors arguments: (arguments . (_) @options .)) @finding))
  (#eq? @use "use")
  (#file-contains? "use(")
  (#literal? @options "origin: *" "origin: true")
  (#not-literal? @options "credentials: true")
  (#resolves-to? @cors "cors" "cors.default" "@koa/cors" "@koa/cors.default" "hono/cors.cors" "kcors" "kcors.default")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

((call_expression
   function: (member_expression property: (property_identifier) @use)
   arguments: (arguments (call_expression function: (_) @cors arguments: (arguments . (_) @options .)) @finding))
  (#eq? @use "use")
  (#file-contains? "use(")
  (#literal? @options "{}")
  (#not-literal? @options "origin:")
  (#resolves-to? @cors "cors" "cors.default" "@koa/cors" "@koa/cors.default" "hono/cors.cors" "kcors" "kcors.default")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; Nest
((call_expression
   function: (member_expression property: (property_identifier) @enable)
   arguments: (arguments) @none) @finding
  (#eq? @enable "enableCors")
  (#eq? @none "()")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

((call_expression
   function: (member_expression property: (property_identifier) @enable)
   arguments: (arguments . (_) @options .)) @finding
  (#eq? @enable "enableCors")
  (#literal? @options "origin: *" "origin: true")
  (#not-literal? @options "credentials: true")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

((call_expression
   function: (member_expression property: (property_identifier) @enable)
   arguments: (arguments . (_) @options .)) @finding
  (#eq? @enable "enableCors")
  (#literal? @options "{}")
  (#not-literal? @options "origin:")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

((call_expression
   function: (member_expression object: (identifier) @factory property: (property_identifier) @create)
   arguments: (arguments (_) (_) @options .)) @finding
  (#eq? @factory "NestFactory")
  (#eq? @create "create")
  (#literal? @options "cors: true" "origin: *")
  (#not-literal? @options "credentials: true")
  (#imports? "@nestjs/core")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; routing-controllers
((call_expression
   function: (identifier) @create
   arguments: (arguments (_) @options .)) @finding
  (#any-of? @create "createExpressServer" "createKoaServer" "useExpressServer" "useKoaServer")
  (#literal? @options "cors: true" "origin: *")
  (#not-literal? @options "credentials: true")
  (#imports? "routing-controllers")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; Fastify
((call_expression
   function: (member_expression property: (property_identifier) @register)
   arguments: (arguments . (identifier) @plugin . (_) @options .)) @finding
  (#eq? @register "register")
  (#file-contains? "fastify")
  (#resolves-to? @plugin "@fastify/cors" "@fastify/cors.default" "fastify-cors" "fastify-cors.default")
  (#literal? @options "origin: *" "origin: true")
  (#not-literal? @options "credentials: true")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; By hand, in a middleware.
((call_expression
   function: (member_expression property: (property_identifier) @method)
   arguments: (arguments . (string (string_fragment) @header) . (string (string_fragment) @star))) @finding
  (#any-of? @method "header" "setHeader" "set")
  (#file-contains? "llow-Origin" "llow-origin" "ALLOW-ORIGIN")
  (#match? @header "(?i)^access-control-allow-origin$")
  (#eq? @star "*")
  (#function-contains? @finding "next(" "next)")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))
