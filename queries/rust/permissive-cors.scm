; tower-http: sends the caller's origin back and allows credentials.
((call_expression function: (scoped_identifier name: (identifier) @name) @layer) @finding
  (#eq? @name "very_permissive")
  (#resolves-to? @layer "tower_http::cors::CorsLayer::very_permissive" "tower_http::cors::CorsLayer.very_permissive"))

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
  (#resolves-to? @permissive "actix_cors::Cors::permissive" "actix_cors::Cors.permissive")
  (#set! unguarded-level "note")
  (#set! help "actix"))

((call_expression
   function: (field_expression value: (_) @chain field: (field_identifier) @credentials)) @finding
  (#eq? @credentials "supports_credentials")
  (#contains? @chain "allow_any_origin" "send_wildcard")
  (#imports? "actix_cors")
  (#set! help "actix"))

; Without credentials.
((call_expression function: (scoped_identifier name: (identifier) @name) @layer) @finding
  (#eq? @name "permissive")
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
  (#set! unguarded-level "note")
  (#set! help "open"))
((call_expression function: (scoped_identifier name: (identifier) @name) @origins) @finding
  (#eq? @name "all")
  (#file-contains? "AllowedOrigins")
  (#resolves-to? @origins "rocket_cors::AllowedOrigins::all" "rocket_cors::AllowedOrigins.all")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! unguarded-level "note")
  (#set! help "open"))
