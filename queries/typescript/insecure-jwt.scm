; Tokens that nobody signed are good.
((call_expression
   function: (_) @jwt
   arguments: (arguments
     (object (pair key: (property_identifier) @option value: (array (string (string_fragment) @none)))))) @finding
  (#eq? @option "algorithms")
  (#any-of? @none "none" "None" "NONE")
  (#file-contains? "jsonwebtoken" "jwt" "jose")
  (#resolves-to? @jwt "jsonwebtoken.verify" "jsonwebtoken.default.verify" "jose.jwtVerify" "express-jwt.expressjwt" "express-jwt" "express-jwt.default")
  (#set! message "Tokens without a signature are accepted: `none` is among the algorithms."))

((variable_declarator
   value: (object (pair key: (property_identifier) @option value: (array (string (string_fragment) @none))))) @finding
  (#eq? @option "algorithms")
  (#any-of? @none "none" "None" "NONE")
  (#imports? "jsonwebtoken" "express-jwt" "koa-jwt" "passport-jwt" "@nestjs/jwt" "jose")
  (#set! message "Tokens without a signature are accepted: `none` is among the algorithms."))

((call_expression
   function: (_) @jwt
   arguments: (arguments (object (pair key: (property_identifier) @option value: (string (string_fragment) @none))))) @finding
  (#eq? @option "algorithm")
  (#any-of? @none "none" "None" "NONE")
  (#file-contains? "jsonwebtoken" "jwt" "jose")
  (#resolves-to? @jwt "jsonwebtoken.sign" "jsonwebtoken.default.sign")
  (#set! level "note")
  (#set! message "This token is not signed: its algorithm is `none`. Whoever takes it must know by other means whom it is from."))

; jose's class for tokens without a signature.
((new_expression constructor: (_) @class) @finding
  (#file-contains? "jsonwebtoken" "jwt" "jose")
  (#resolves-to? @class "jose.UnsecuredJWT")
  (#set! level "note")
  (#set! message "This token is not signed. Whoever takes it must know by other means whom it is from."))

((member_expression) @finding
  (#file-contains? "jose")
  (#resolves-to? @finding "jose.JWK.None")
  (#set! message "Tokens without a signature are made or accepted: `JWK.None` is no key."))

; Everybody can read what a token says.
((call_expression
   function: (_) @sign
   arguments: (arguments . (object [(pair key: (property_identifier) @claim) (shorthand_property_identifier) @claim]))) @finding
  (#any-of? @claim "password" "passwd" "userPassword")
  (#file-contains? "jsonwebtoken" "jwt-simple" "jose")
  (#resolves-to? @sign "jsonwebtoken.sign" "jsonwebtoken.default.sign" "jose.JWT.sign" "jwt-simple.encode")
  (#set! message "A password stands among the claims of this token: it is signed, not encrypted, and whoever holds it can read it.")
  (#set! help "claims"))

; jwt-simple: the third argument switches verification off.
((call_expression
   function: (_) @decode
   arguments: (arguments . (_) . (_) . [(true) (string)])) @finding
  (#file-contains? "jsonwebtoken" "jwt" "jose")
  (#resolves-to? @decode "jwt-simple.decode" "jwt-simple.default.decode"))

; The key stands in the code.
((call_expression
   function: (_) @jwt
   arguments: (arguments . (_) . (string) @key)) @finding
  (#file-contains? "jsonwebtoken" "jwt-simple")
  (#resolves-to? @jwt "jsonwebtoken.{sign,verify}" "jsonwebtoken.default.{sign,verify}" "jwt-simple.{encode,decode}")
  (#not-match? @key "^(\"\"|'')$")
  (#set! message "The key that signs tokens stands in the code.")
  (#set! help "key"))

((call_expression
   function: (_) @module
   arguments: (arguments (object (pair key: (property_identifier) @option value: (string) @key) @finding)))
  (#any-of? @option "secret" "secretOrKey" "privateKey")
  (#file-contains? "JwtModule" "express-jwt" "koa-jwt" "hono/jwt" "elysiajs/jwt")
  (#resolves-to? @module "@nestjs/jwt.JwtModule.register" "express-jwt.expressjwt" "express-jwt" "express-jwt.default" "koa-jwt" "koa-jwt.default" "hono/jwt.jwt" "@elysiajs/jwt.jwt" "@elysiajs/jwt.default")
  (#set! message "The key that signs tokens stands in the code.")
  (#set! help "key"))

;   … or is one that everybody knows wherever the setting is missing, unless the program does not come so far where it matters:
;   `throw new Error("JWT_SECRET is required in production")`.
((call_expression
   function: (_) @jwt
   arguments: (arguments . (_) . (binary_expression operator: ["||" "??"] right: (string) @key))) @finding
  (#file-contains? "jsonwebtoken" "jwt-simple")
  (#resolves-to? @jwt "jsonwebtoken.{sign,verify}" "jsonwebtoken.default.{sign,verify}" "jwt-simple.{encode,decode}")
  (#not-match? @key "^(\"\"|'')$")
  (#not-function-contains? @finding "required in production")
  (#set! message "Where the setting is missing, the key that signs tokens is one that stands in the code.")
  (#set! help "key"))

((call_expression
   function: (_) @module
   arguments: (arguments (object (pair key: (property_identifier) @option value: (binary_expression operator: ["||" "??"] right: (string) @key)) @finding)))
  (#any-of? @option "secret" "secretOrKey" "privateKey")
  (#file-contains? "JwtModule" "express-jwt" "koa-jwt" "hono/jwt" "elysiajs/jwt")
  (#resolves-to? @module "@nestjs/jwt.JwtModule.register" "express-jwt.expressjwt" "express-jwt" "express-jwt.default" "koa-jwt" "koa-jwt.default" "hono/jwt.jwt" "@elysiajs/jwt.jwt" "@elysiajs/jwt.default")
  (#not-match? @key "^(\"\"|'')$")
  (#not-function-contains? @finding "required in production")
  (#set! message "Where the setting is missing, the key that signs tokens is one that stands in the code.")
  (#set! help "key"))

;   The same, by way of a constant of the function.
((statement_block
   (lexical_declaration
     (variable_declarator name: (identifier) @kept value: (binary_expression operator: ["||" "??"] right: (string) @key)))
   (return_statement
     [(call_expression function: (_) @jwt arguments: (arguments . (_) . (identifier) @given)) @finding
      (as_expression (call_expression function: (_) @jwt arguments: (arguments . (_) . (identifier) @given)) @finding)]))
  (#eq? @kept @given)
  (#file-contains? "jsonwebtoken" "jwt-simple")
  (#resolves-to? @jwt "jsonwebtoken.{sign,verify}" "jsonwebtoken.default.{sign,verify}" "jwt-simple.{encode,decode}")
  (#not-match? @key "^(\"\"|'')$")
  (#not-function-contains? @finding "required in production")
  (#set! message "Where the setting is missing, the key that signs tokens is one that stands in the code.")
  (#set! help "key"))

; Fastify: the plugin and its options are two arguments.
((call_expression
   function: (member_expression property: (property_identifier) @register)
   arguments: (arguments . (identifier) @plugin . (object (pair key: (property_identifier) @option value: (string) @key) @finding)))
  (#eq? @register "register")
  (#eq? @option "secret")
  (#file-contains? "jwt")
  (#resolves-to? @plugin "@fastify/jwt" "@fastify/jwt.default" "@fastify/jwt.fastifyJwt" "fastify-jwt" "fastify-jwt.default")
  (#set! message "The key that signs tokens stands in the code.")
  (#set! help "key"))

; A token that never ends.
((call_expression
   function: (_) @sign
   arguments: (arguments . (_) @claims . (_) .)) @finding
  (#file-contains? "jsonwebtoken")
  (#resolves-to? @sign "jsonwebtoken.sign" "jsonwebtoken.default.sign")
  ; A text has no claims and cannot end: a challenge is signed, to be known again when it comes back.
  (#not-match? @claims "^(`.*|[A-Za-z_]*([Nn]once|[Cc]hallenge|[Mm]essage))")
  (#not-function-contains? @finding "exp:" "exp," "exp =" "expiresIn" "expires" "expiry" "unsubscribe" "cursor")
  (#set! level "warning")
  (#set! message "This token never ends: whoever gets hold of it can use it for good.")
  (#set! help "ends"))

((call_expression
   function: (_) @sign
   arguments: (arguments . (_) . (_) . (object) @options .)) @finding
  (#file-contains? "jsonwebtoken")
  (#resolves-to? @sign "jsonwebtoken.sign" "jsonwebtoken.default.sign")
  (#not-contains? @options "expiresIn" "...")
  (#not-function-contains? @finding "exp:" "exp," "exp =" "expires" "expiry" "unsubscribe" "cursor")
  (#set! level "warning")
  (#set! message "This token never ends: whoever gets hold of it can use it for good.")
  (#set! help "ends"))

; Passport: tokens that have expired are good.
((pair key: (property_identifier) @option value: (true)) @finding
  (#eq? @option "ignoreExpiration")
  (#imports? "passport-jwt" "jsonwebtoken" "@nestjs/jwt")
  (#not-function-contains? @finding "refresh" "Refresh")
  (#set! level "note")
  (#set! message "Tokens that have expired are accepted, unless the code looks itself when they end.")
  (#set! help "expiry"))

; What a token says decides, and nobody has looked at its signature: this call only reads it.
((if_statement
   condition: (parenthesized_expression
     (binary_expression
       left: (member_expression object: (call_expression function: (_) @decode) @finding))))
  (#file-contains? "jsonwebtoken")
  (#resolves-to? @decode "jsonwebtoken.decode" "jsonwebtoken.default.decode")
  (#not-function-contains? @finding "verify(" "unverified" ".exp " ".exp)"))

((if_statement
   condition: (parenthesized_expression
     (member_expression object: (call_expression function: (_) @decode) @finding)))
  (#file-contains? "jsonwebtoken")
  (#resolves-to? @decode "jsonwebtoken.decode" "jsonwebtoken.default.decode")
  (#not-function-contains? @finding "verify(" "unverified" ".exp " ".exp)"))
