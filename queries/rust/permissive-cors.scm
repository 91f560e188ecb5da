; tower-http: sends the caller's origin back and allows credentials.
((call_expression function: (scoped_identifier name: (identifier) @name) @layer) @finding
  (#eq? @name "very_permissive")
  (#file-contains? "CorsLayer")
  (#resolves-to? @layer "tower_http::cors::CorsLayer::very_permissive" "tower_http::cors::CorsLayer.very_permissive")
  (#set! unguarded-level "note"))

((call_expression
   function: (field_expression value: (_) @chain field: (field_identifier) @credentials)
   arguments: (arguments (boolean_literal) @yes)) @finding
  (#eq? @credentials "allow_credentials")
  (#eq? @yes "true")
  (#contains? @chain "mirror_request")
  (#imports? "tower_http"))

; actix-cors: for development only, as its own documentation says.
((call_expression function: (scoped_identifier name: (identifier) @name) @permissive) @finding
  (#eq? @name "permissive")
  (#file-contains? "actix_cors")
  (#resolves-to? @permissive "actix_cors::Cors::permissive" "actix_cors::Cors.permissive")
  (#set! unguarded-level "note")
  (#set! help "actix"))

((call_expression
   function: (field_expression value: (_) @chain field: (field_identifier) @credentials)) @finding
  (#eq? @credentials "supports_credentials")
  (#contains? @chain "allow_any_origin" "send_wildcard")
  (#imports? "actix_cors")
  (#set! help "actix"))

; Before its third version: whoever names no origin lets all in.
((call_expression
   function: (field_expression value: (_) @chain field: (field_identifier) @credentials)) @finding
  (#eq? @credentials "supports_credentials")
  (#contains? @chain "Cors::new()")
  (#not-match? @chain "(?m)^[^/\\n]*allowed_origin\\(")
  (#imports? "actix_cors")
  (#set! help "actix"))

; Without credentials.
((call_expression function: (scoped_identifier name: (identifier) @name) @layer) @finding
  (#eq? @name "permissive")
  (#file-contains? "CorsLayer")
  (#resolves-to? @layer "tower_http::cors::CorsLayer::permissive" "tower_http::cors::CorsLayer.permissive")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

((call_expression
   function: (field_expression field: (field_identifier) @allow)
   arguments: (arguments . (_) @any .)) @finding
  (#eq? @allow "allow_origin")
  (#match? @any "(^|::)(Any|any\\(\\))$")
  (#imports? "tower_http")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

((call_expression
   function: (field_expression field: (field_identifier) @allow)
   arguments: (arguments)) @finding
  (#any-of? @allow "allow_any_origin" "send_wildcard")
  (#imports? "actix_cors")
  (#not-function-contains? @finding "supports_credentials")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; rocket_cors: without named origins, its options allow all.
((call_expression
   function: (field_expression
     value: (call_expression function: (scoped_identifier name: (identifier) @name) @options)
     field: (field_identifier) @made)) @finding
  (#eq? @name "default")
  (#eq? @made "to_cors")
  (#file-contains? "to_cors")
  (#resolves-to? @options "rocket_cors::CorsOptions::default" "rocket_cors::CorsOptions.default")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))
((call_expression function: (scoped_identifier name: (identifier) @name) @origins) @finding
  (#eq? @name "all")
  (#file-contains? "AllowedOrigins")
  (#file-contains? "rocket")
  (#resolves-to? @origins "rocket_cors::AllowedOrigins::all" "rocket_cors::AllowedOrigins.all")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; Warp's, Poem's and Salvo's filters, with credentials and without.
((call_expression
   function: (field_expression value: (_) @chain field: (field_identifier) @credentials)
   arguments: (arguments (boolean_literal) @yes)) @finding
  (#eq? @credentials "allow_credentials")
  (#eq? @yes "true")
  (#contains? @chain "allow_any_origin()" "AllowOrigin::any()" "AllowOrigin::mirror_request()" "allow_origins_fn(|_| true)" "allow_origin(\"*\")")
  (#imports? "warp" "poem" "salvo"))

((call_expression
   function: (field_expression field: (field_identifier) @allow)
   arguments: (arguments . (call_expression function: (scoped_identifier) @any) .)) @finding
  (#eq? @allow "allow_origin")
  (#match? @any "(^|::)AllowOrigin::any$")
  (#imports? "salvo")
  (#not-function-contains? @finding "allow_credentials")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

((call_expression
   function: (field_expression field: (field_identifier) @allow)
   arguments: (arguments)) @finding
  (#eq? @allow "allow_any_origin")
  (#imports? "warp")
  (#not-function-contains? @finding "allow_credentials")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; Headers by hand: Rocket's fairings, Warp's replies, Axum's and hyper's builders.
((call_expression
   function: (_) @set
   arguments: (arguments (string_literal) @header . (string_literal) @origin)) @finding
  (#match? @header "^\"(?i)access-control-allow-origin\"$")
  (#eq? @origin "\"*\"")
  (#match? @set "(set_raw_header|adjoin_raw_header|Header::new|with_header|insert_header|append_header|header)$")
  (#function-contains? @finding "Access-Control-Allow-Credentials" "access-control-allow-credentials")
  (#file-contains? "Access-Control-Allow-Origin" "access-control-allow-origin")
  (#not-in-development? @finding))

((call_expression
   function: (_) @set
   arguments: (arguments (string_literal) @header . (string_literal) @origin)) @finding
  (#match? @header "^\"(?i)access-control-allow-origin\"$")
  (#eq? @origin "\"*\"")
  (#match? @set "(set_raw_header|adjoin_raw_header|Header::new|with_header)$")
  (#not-function-contains? @finding "Access-Control-Allow-Credentials" "access-control-allow-credentials")
  (#file-contains? "Access-Control-Allow-Origin" "access-control-allow-origin")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))
