; jsonwebtoken: the signature is not looked at.
((call_expression function: (field_expression field: (field_identifier) @method)) @finding
  (#eq? @method "insecure_disable_signature_validation")
  (#not-function-contains? @finding "decode_header" "jwks" "Jwk")
  (#not-file-contains? "nverified"))

((call_expression function: (_) @decode) @finding
  (#resolves-to? @decode "jsonwebtoken::dangerous::insecure_decode" "jsonwebtoken::dangerous_insecure_decode" "jsonwebtoken::dangerous_unsafe_decode")
  (#not-function-contains? @finding "decode_header" "jwks" "Jwk")
  (#not-file-contains? "nverified")
  (#set! level "note")
  (#set! message "The token's signature is not verified: this is safe only for a token that its issuer has just handed over."))

; The key stands in the code.
((call_expression
   function: (scoped_identifier name: (identifier) @from)
   arguments: (arguments (call_expression function: (field_expression value: (string_literal) @key)))) @finding
  (#eq? @from "from_secret")
  (#match? @finding "(EncodingKey|DecodingKey)::from_secret")
  (#set! message "The key that signs tokens stands in the code.")
  (#set! help "key"))

((call_expression
   function: (scoped_identifier name: (identifier) @from)
   arguments: (arguments (string_literal) @key)) @finding
  (#eq? @from "from_secret")
  (#match? @finding "(EncodingKey|DecodingKey)::from_secret")
  (#set! message "The key that signs tokens stands in the code.")
  (#set! help "key"))

; Tokens that have expired are good.
((assignment_expression left: (field_expression field: (field_identifier) @option) right: (boolean_literal) @off) @finding
  (#eq? @option "validate_exp")
  (#eq? @off "false")
  (#not-function-contains? @finding "refresh" "Refresh")
  (#set! level "note")
  (#set! message "Tokens that have expired are accepted, unless the code looks itself when they end.")
  (#set! help "expiry"))
