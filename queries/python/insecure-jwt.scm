; The signature is not looked at.
((call
   function: (_) @decode
   arguments: (argument_list
     (keyword_argument
       name: (identifier) @options
       value: (dictionary (pair key: (string (string_content) @option) value: (false)))))) @finding
  (#eq? @options "options")
  (#eq? @option "verify_signature")
  (#file-contains? "jwt")
  (#resolves-to? @decode "jwt.decode" "jwt.api_jwt.decode" "jose.jwt.decode")
  (#not-function-contains? @finding "unverified_" "_unverified" "unverified =" "unverified=" "PyJWKClient" "jwks" "JWKS" "algorithms=" "get(\"exp\")" "[\"exp\"]" "get('exp')" "['exp']")
  (#not-contains? @finding "id_token" "idToken")
  (#not-function-contains? @finding "-> bool")
  (#not-file-contains? "grant_type"))

; Asked is only what kind of token it is.
((call
   function: (_) @decode
   arguments: (argument_list
     (keyword_argument
       name: (identifier) @options
       value: (dictionary (pair key: (string (string_content) @option) value: (false)))))) @finding
  (#eq? @options "options")
  (#eq? @option "verify_signature")
  (#file-contains? "jwt")
  (#resolves-to? @decode "jwt.decode" "jwt.api_jwt.decode" "jose.jwt.decode")
  (#not-function-contains? @finding "unverified_" "_unverified" "unverified =" "unverified=" "PyJWKClient" "jwks" "JWKS" "algorithms=" "get(\"exp\")" "[\"exp\"]" "get('exp')" "['exp']")
  (#not-contains? @finding "id_token" "idToken")
  (#function-contains? @finding "-> bool")
  (#set! level "note")
  (#set! message "The token's signature is not verified: what this function answers must decide nothing."))

; A client reads a token that it has asked for itself.
((call
   function: (_) @decode
   arguments: (argument_list
     (keyword_argument
       name: (identifier) @options
       value: (dictionary (pair key: (string (string_content) @option) value: (false)))))) @finding
  (#eq? @options "options")
  (#eq? @option "verify_signature")
  (#file-contains? "jwt")
  (#resolves-to? @decode "jwt.decode" "jwt.api_jwt.decode" "jose.jwt.decode")
  (#not-function-contains? @finding "unverified_" "_unverified" "unverified =" "unverified=" "PyJWKClient" "jwks" "JWKS" "algorithms=" "get(\"exp\")" "[\"exp\"]" "get('exp')" "['exp']")
  (#not-contains? @finding "id_token" "idToken")
  (#not-function-contains? @finding "-> bool")
  (#file-contains? "grant_type")
  (#set! level "note")
  (#set! message "The token's signature is not verified: fine for one that this code has just asked for, for no other."))

((call
   function: (_) @decode
   arguments: (argument_list (keyword_argument name: (identifier) @option value: (false)))) @finding
  (#eq? @option "verify")
  (#file-contains? "jwt")
  (#resolves-to? @decode "jwt.decode" "jwt.api_jwt.decode" "jose.jwt.decode")
  (#not-function-contains? @finding "unverified_" "_unverified" "unverified =" "unverified=" "PyJWKClient" "jwks" "JWKS")
  (#not-contains? @finding "id_token" "idToken"))

; Switched off by a constant: whoever peeks into a token first writes it there and then.
((call
   function: (_) @decode
   arguments: (argument_list
     (keyword_argument
       name: (identifier) @options
       value: (dictionary (pair key: (string (string_content) @option) value: (identifier) @flag))))) @finding
  (#eq? @options "options")
  (#eq? @option "verify_signature")
  (#literal? @flag "false")
  (#file-contains? "jwt")
  (#resolves-to? @decode "jwt.decode" "jwt.api_jwt.decode" "jose.jwt.decode")
  (#not-contains? @finding "id_token" "idToken"))

; The same options under a name.
((assignment
   left: (identifier)
   right: (dictionary (pair key: (string (string_content) @option) value: (false)))) @finding
  (#eq? @option "verify_signature")
  (#imports? "jwt" "jose")
  (#function-contains? @finding "jwt.decode(")
  (#not-function-contains? @finding "unverified_" "_unverified" "unverified =" "unverified=" "PyJWKClient" "jwks" "JWKS" "id_token" "idToken" "algorithms="))

; No algorithm is asked for: old versions take the one that the token names.
((call
   function: (_) @decode
   arguments: (argument_list . (_) . (_) .) @arguments) @finding
  (#not-contains? @arguments "algorithm" "options" "verify" "*")
  (#file-contains? "jwt")
  (#resolves-to? @decode "jwt.decode" "jwt.api_jwt.decode" "jose.jwt.decode")
  (#set! message "The token names its own algorithm: the call asks for none. New versions of PyJWT refuse such a call.")
  (#set! level "note"))

; Tokens that nobody signed are good.
((call
   function: (_) @decode
   arguments: (argument_list
     (keyword_argument name: (identifier) @algorithms value: (list (string (string_content) @none))))) @finding
  (#eq? @algorithms "algorithms")
  (#any-of? @none "none" "None" "NONE")
  (#file-contains? "jwt")
  (#resolves-to? @decode "jwt.decode" "jwt.api_jwt.decode" "jose.jwt.decode")
  (#set! message "Tokens without a signature are accepted: `none` is among the algorithms."))

((call
   function: (_) @encode
   arguments: (argument_list (keyword_argument name: (identifier) @algorithm value: (string (string_content) @none)))) @finding
  (#eq? @algorithm "algorithm")
  (#any-of? @none "none" "None" "NONE")
  (#file-contains? "jwt")
  (#resolves-to? @encode "jwt.encode" "jwt.api_jwt.encode" "jose.jwt.encode")
  (#set! level "note")
  (#set! message "This token is not signed: its algorithm is `none`. Whoever takes it must know by other means whom it is from."))

; Nothing ends it: all claims are in sight, and none is `exp`.
((call
   function: (_) @encode
   arguments: (argument_list . [(identifier) (dictionary)] @claims)) @finding
  (#file-contains? "jwt")
  (#resolves-to? @encode "jwt.encode" "jwt.api_jwt.encode" "jose.jwt.encode")
  (#literal? @claims "{}")
  (#not-function-contains? @finding "\"exp\"" "'exp'" "exp=" "exp =" "_exp" "expir" "lifetime" "max_age" "ttl" "none" "client_assertion" "savetowallet" "savetoandroidpay" "apns")
  (#set! message "The token never expires: it has no `exp` among its claims, so a stolen one is good for ever.")
  (#set! level "warning")
  (#set! help "ends"))

; The key stands in the code.
((call
   function: (_) @jwt
   arguments: (argument_list . (_) . (string) @key)) @finding
  (#file-contains? "jwt")
  (#resolves-to? @jwt "jwt.{encode,decode}" "jwt.api_jwt.{encode,decode}" "jose.jwt.{encode,decode}")
  (#constant? @key)
  (#not-match? @key "^[a-z]*(\"\"|'')$")
  (#set! message "The key that signs tokens stands in the code.")
  (#set! help "key"))

((call
   function: (_) @jwt
   arguments: (argument_list (keyword_argument name: (identifier) @name value: (string) @key))) @finding
  (#eq? @name "key")
  (#file-contains? "jwt")
  (#resolves-to? @jwt "jwt.{encode,decode}" "jwt.api_jwt.{encode,decode}" "jose.jwt.{encode,decode}")
  (#constant? @key)
  (#not-match? @key "^[a-z]*(\"\"|'')$")
  (#set! message "The key that signs tokens stands in the code.")
  (#set! help "key"))

; The same key under a name.
((call
   function: (_) @jwt
   arguments: (argument_list . (_) . (identifier) @key)) @finding
  (#file-contains? "jwt")
  (#resolves-to? @jwt "jwt.encode" "jwt.api_jwt.encode" "jose.jwt.encode")
  (#constant? @key)
  (#not-literal? @key "")
  (#set! message "The key that signs tokens stands in the code.")
  (#set! help "key"))

; Everybody can read what a token says.
((call
   function: (_) @encode
   arguments: (argument_list . (dictionary (pair key: (string (string_content) @claim))))) @finding
  (#any-of? @claim "password" "passwd" "user_password" "secret")
  (#file-contains? "jwt")
  (#resolves-to? @encode "jwt.encode" "jwt.api_jwt.encode" "jose.jwt.encode")
  (#set! message "A password stands among the claims of this token: it is signed, not encrypted, and whoever holds it can read it.")
  (#set! help "claims"))

((assignment
   left: (identifier) @claims
   right: (dictionary (pair key: (string (string_content) @claim)))) @finding
  (#any-of? @claims "payload" "claims" "to_encode" "token_data")
  (#any-of? @claim "password" "passwd" "user_password")
  (#imports? "jwt" "jose")
  (#function-contains? @finding "jwt.encode(payload" "jwt.encode(claims" "jwt.encode(to_encode" "jwt.encode(token_data")
  (#set! message "A password stands among the claims of this token: it is signed, not encrypted, and whoever holds it can read it.")
  (#set! help "claims"))
