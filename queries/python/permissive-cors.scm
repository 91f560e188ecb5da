; Starlette and FastAPI, with credentials and without; the origins may stand under a name.
((call
   arguments: (argument_list
     (_) @middleware
     (keyword_argument name: (identifier) @origins value: (_) @value)) @arguments) @finding
  (#eq? @origins "allow_origins")
  (#literal? @value "*")
  (#match? @arguments "allow_credentials\\s*=\\s*True")
  (#resolves-to? @middleware "starlette.middleware.cors.CORSMiddleware" "fastapi.middleware.cors.CORSMiddleware")
  (#not-in-development? @finding))

((call
   arguments: (argument_list
     (_) @middleware
     (keyword_argument name: (identifier) @origins value: (_) @value)) @arguments) @finding
  (#eq? @origins "allow_origins")
  (#literal? @value "*")
  (#not-match? @arguments "allow_credentials\\s*=\\s*True")
  (#resolves-to? @middleware "starlette.middleware.cors.CORSMiddleware" "fastapi.middleware.cors.CORSMiddleware")
  (#not-in-development? @finding)
  (#not-function-contains? @finding "'*' in " "\"*\" in ")
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; Settings that are open unless the deployment closes them.
((call
   arguments: (argument_list
     (_) @middleware
     (keyword_argument name: (identifier) @origins value: (attribute) @value)) @arguments) @finding
  (#eq? @origins "allow_origins")
  (#default? @value "*")
  (#resolves-to? @middleware "starlette.middleware.cors.CORSMiddleware" "fastapi.middleware.cors.CORSMiddleware")
  (#not-in-development? @finding)
  (#set! message "Unless the deployment names origins, every one may send requests to this API and read the answers.")
  (#set! level "note"))

((call
   arguments: (argument_list
     (_) @middleware
     (keyword_argument name: (identifier) @origins value: (_) @value)) @arguments) @finding
  (#eq? @origins "allow_origin_regex")
  (#literal? @value ".*" "^.*$" ".*?" ".+" "^.+$" "https?://.*" "^https?://.*$" "https?://.+" "^https?://.+$" "(http|https)://.*" "http.*" "^http.*")
  (#match? @arguments "allow_credentials\\s*=\\s*True")
  (#resolves-to? @middleware "starlette.middleware.cors.CORSMiddleware" "fastapi.middleware.cors.CORSMiddleware")
  (#not-in-development? @finding))

((call
   arguments: (argument_list
     (_) @middleware
     (keyword_argument name: (identifier) @origins value: (_) @value)) @arguments) @finding
  (#eq? @origins "allow_origin_regex")
  (#literal? @value ".*" "^.*$" ".*?" ".+" "^.+$" "https?://.*" "^https?://.*$" "https?://.+" "^https?://.+$" "(http|https)://.*" "http.*" "^http.*")
  (#not-match? @arguments "allow_credentials\\s*=\\s*True")
  (#resolves-to? @middleware "starlette.middleware.cors.CORSMiddleware" "fastapi.middleware.cors.CORSMiddleware")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; Litestar
((call
   function: (_) @config
   arguments: (argument_list (keyword_argument name: (identifier) @origins value: (_) @value)) @arguments) @finding
  (#eq? @origins "allow_origins")
  (#literal? @value "*")
  (#resolves-to? @config "litestar.config.cors.CORSConfig")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; Flask without credentials. Without `origins` the settings are asked, which may come from anywhere.
((call
   function: (identifier) @cors
   arguments: (argument_list . (identifier) .) @arguments) @finding
  (#file-contains? "flask")
  (#resolves-to? @cors "flask_cors.CORS")
  (#not-package-names? "CORS_ORIGINS" "CORS_RESOURCES")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

((call
   function: (identifier) @cors
   arguments: (argument_list (keyword_argument name: (identifier) @origins value: (_) @value)) @arguments) @finding
  (#any-of? @origins "origins" "resources")
  (#literal? @value "*" "origins: *")
  (#not-match? @arguments "supports_credentials\\s*=\\s*True")
  (#file-contains? "flask")
  (#resolves-to? @cors "flask_cors.CORS")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; Flask: without `origins` every origin is allowed, and with credentials it is sent back.
((call
   function: (identifier) @cors
   arguments: (argument_list
     (keyword_argument name: (identifier) @credentials value: (true))) @arguments) @finding
  (#eq? @credentials "supports_credentials")
  (#not-contains? @arguments "origin" "resources")
  (#file-contains? "flask")
  (#resolves-to? @cors "flask_cors.CORS")
  (#set! help "flask"))

((call
   function: (_) @cors
   arguments: (argument_list
     (keyword_argument name: (identifier) @origins value: (string (string_content) @star))) @arguments) @finding
  (#eq? @origins "origins")
  (#eq? @star "*")
  (#match? @arguments "supports_credentials\\s*=\\s*(True|[\"'])")
  (#file-contains? "flask")
  (#resolves-to? @cors "flask_cors.CORS" "flask_cors.CORS().init_app")
  (#set! help "flask"))

; `resources={r"/*": {"origins": "*"}}` says the same for what the pattern matches.
((call
   function: (_) @cors
   arguments: (argument_list
     (keyword_argument
       name: (identifier) @resources
       value: (dictionary (pair value: (dictionary (pair key: (string) @origins value: (string (string_content) @star))))))) @arguments) @finding
  (#eq? @resources "resources")
  (#match? @origins "origins")
  (#eq? @star "*")
  (#match? @arguments "supports_credentials\\s*=\\s*(True|[\"'])")
  (#file-contains? "flask")
  (#resolves-to? @cors "flask_cors.CORS" "flask_cors.CORS().init_app")
  (#not-in-development? @finding)
  (#set! help "flask"))

((call
   function: (_) @cors
   arguments: (argument_list
     (keyword_argument
       name: (identifier) @resources
       value: (dictionary (pair value: (dictionary (pair key: (string) @origins value: (string (string_content) @star))))))) @arguments) @finding
  (#eq? @resources "resources")
  (#match? @origins "origins")
  (#eq? @star "*")
  (#not-match? @arguments "supports_credentials")
  (#file-contains? "flask")
  (#resolves-to? @cors "flask_cors.CORS().init_app")
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
  (#set! help "open"))

; Django: the package sends the caller's origin back when both are on.
((assignment left: (identifier) @all right: (true)) @finding
  (#any-of? @all "CORS_ALLOW_ALL_ORIGINS" "CORS_ORIGIN_ALLOW_ALL")
  (#file-contains? "CORS_ALLOW_CREDENTIALS = True" "CORS_ALLOW_CREDENTIALS=True")
  (#not-overridden? @all)
  (#not-in-development? @finding)
  (#set! help "django"))

; Django without credentials, and by a pattern for everything.
((assignment left: (identifier) @all right: (true)) @finding
  (#any-of? @all "CORS_ALLOW_ALL_ORIGINS" "CORS_ORIGIN_ALLOW_ALL")
  (#not-file-contains? "CORS_ALLOW_CREDENTIALS = True" "CORS_ALLOW_CREDENTIALS=True")
  (#not-overridden? @all)
  (#not-in-development? @finding)
  (#set! message "Every origin may send requests to this API and read the answers.")
  (#set! level "note")
  (#set! unguarded-level "note")
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
