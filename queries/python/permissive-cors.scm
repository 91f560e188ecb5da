; Starlette and FastAPI: the origins and the credentials may stand in either order.
((call
   arguments: (argument_list
     (identifier) @middleware
     (keyword_argument name: (identifier) @origins value: (list (string (string_content) @star)))
     (keyword_argument name: (identifier) @credentials value: (true)))) @finding
  (#eq? @origins "allow_origins")
  (#eq? @star "*")
  (#eq? @credentials "allow_credentials")
  (#resolves-to? @middleware "starlette.middleware.cors.CORSMiddleware" "fastapi.middleware.cors.CORSMiddleware")
  (#not-in-development? @finding))

((call
   arguments: (argument_list
     (identifier) @middleware
     (keyword_argument name: (identifier) @credentials value: (true))
     (keyword_argument name: (identifier) @origins value: (list (string (string_content) @star))))) @finding
  (#eq? @origins "allow_origins")
  (#eq? @star "*")
  (#eq? @credentials "allow_credentials")
  (#resolves-to? @middleware "starlette.middleware.cors.CORSMiddleware" "fastapi.middleware.cors.CORSMiddleware")
  (#not-in-development? @finding))

((call
   arguments: (argument_list
     (identifier) @middleware
     (keyword_argument name: (identifier) @origins value: (string (string_content) @any))
     (keyword_argument name: (identifier) @credentials value: (true)))) @finding
  (#eq? @origins "allow_origin_regex")
  (#any-of? @any ".*" "^.*$" ".+" "https?://.*" "^https?://.*$")
  (#eq? @credentials "allow_credentials")
  (#resolves-to? @middleware "starlette.middleware.cors.CORSMiddleware" "fastapi.middleware.cors.CORSMiddleware")
  (#not-in-development? @finding))

; Flask: without `origins` every origin is allowed, and with credentials it is sent back.
((call
   function: (identifier) @cors
   arguments: (argument_list
     (keyword_argument name: (identifier) @credentials value: (true))) @arguments) @finding
  (#eq? @credentials "supports_credentials")
  (#not-contains? @arguments "origin" "resources")
  (#resolves-to? @cors "flask_cors.CORS")
  (#set! help "flask"))

((call
   function: (identifier) @cors
   arguments: (argument_list
     (keyword_argument name: (identifier) @origins value: (string (string_content) @star))) @arguments) @finding
  (#eq? @origins "origins")
  (#eq? @star "*")
  (#match? @arguments "supports_credentials\\s*=\\s*True")
  (#resolves-to? @cors "flask_cors.CORS")
  (#set! help "flask"))

; Django: the package sends the caller's origin back when both are on.
((assignment left: (identifier) @all right: (true)) @finding
  (#any-of? @all "CORS_ALLOW_ALL_ORIGINS" "CORS_ORIGIN_ALLOW_ALL")
  (#file-contains? "CORS_ALLOW_CREDENTIALS = True" "CORS_ALLOW_CREDENTIALS=True")
  (#not-overridden? @all)
  (#not-in-development? @finding)
  (#set! help "django"))

; aiohttp
((pair
   key: (string (string_content) @star)
   value: (call
     function: (_) @options
     arguments: (argument_list (keyword_argument name: (identifier) @credentials value: (true))))) @finding
  (#eq? @star "*")
  (#eq? @credentials "allow_credentials")
  (#resolves-to? @options "aiohttp_cors.ResourceOptions"))
