; Django: a view that is exempt, unless it says that something else proves who calls. That a cookie does is seen by what it asks of the request: who is
; logged in, what the session holds.
((decorated_definition
   (decorator (_) @exempt) @finding
   definition: (function_definition name: (identifier) @view parameters: (_) @parameters body: (_) @body)) @whole
  (#resolves-to? @exempt "django.views.decorators.csrf.csrf_exempt")
  (#not-match? @parameters "^\\(\\s*self\\b")
  (#not-match? @view "(?i)hook|callback|ipn|notif|csp|violation|beacon|saml|scim|sso|oauth|openid|token|metrics|health|ping|receive|inbound|graphql|api|^mobile|_mobile")
  (#contains? @body ".save(" ".delete(" ".create(" ".update(" ".bulk_" ".set_" "get_or_create" "login(" "logout(")
  (#contains? @whole "request.user" "request.session" "login_required" "permission_required" "user_passes_test" "staff_member_required" "login(" "logout(")
  (#not-contains? @body "ignature" "hmac" "HMAC" "Authorization" "AUTHORIZATION" "api_key" "API_KEY" "token" "secret" "SECRET" "require_GET"))

; What it changes, others do for it.
((decorated_definition
   (decorator (_) @exempt) @finding
   definition: (function_definition name: (identifier) @view parameters: (_) @parameters body: (_) @body)) @whole
  (#resolves-to? @exempt "django.views.decorators.csrf.csrf_exempt")
  (#not-match? @parameters "^\\(\\s*self\\b")
  (#not-match? @view "(?i)hook|callback|ipn|notif|csp|violation|beacon|saml|scim|sso|oauth|openid|token|metrics|health|ping|receive|inbound|graphql|api|^mobile|_mobile")
  (#contains? @body "POST" ".body" ".data" "FILES" "PUT" "DELETE" "PATCH" "form")
  (#contains? @whole "request.user" "request.session" "login_required" "permission_required" "user_passes_test" "staff_member_required" "login(" "logout(")
  (#not-contains? @body ".save(" ".delete(" ".create(" ".update(" ".bulk_" ".set_" "get_or_create" "login(" "logout(")
  (#not-contains? @body "ignature" "hmac" "HMAC" "Authorization" "AUTHORIZATION" "api_key" "API_KEY" "token" "secret" "SECRET" "require_GET")
  (#reaches? @view "database-write"))

; A decorator or what it calls may ask for a key.
((decorated_definition
   (decorator (_) @exempt) @finding
   definition: (function_definition name: (identifier) @view parameters: (_) @parameters body: (_) @body)) @whole
  (#resolves-to? @exempt "django.views.decorators.csrf.csrf_exempt")
  (#not-match? @parameters "^\\(\\s*self\\b")
  (#not-match? @view "(?i)hook|callback|ipn|notif|csp|violation|beacon|saml|scim|sso|oauth|openid|token|metrics|health|ping|receive|inbound|graphql|api|^mobile|_mobile")
  (#contains? @body ".save(" ".delete(" ".create(" ".update(" ".bulk_" ".set_" "get_or_create" "login(" "logout(")
  (#not-contains? @whole "request.user" "request.session" "login_required" "permission_required" "user_passes_test" "staff_member_required" "login(" "logout(")
  (#not-contains? @body "ignature" "hmac" "HMAC" "Authorization" "AUTHORIZATION" "api_key" "API_KEY" "token" "secret" "SECRET" "require_GET")
  (#set! level "note")
  (#set! message "Protection against cross-site request forgery is switched off here; whether a cookie proves who calls is not seen."))

((decorated_definition
   (decorator (_) @exempt) @finding
   definition: (function_definition name: (identifier) @view parameters: (_) @parameters body: (_) @body)) @whole
  (#resolves-to? @exempt "django.views.decorators.csrf.csrf_exempt")
  (#not-match? @parameters "^\\(\\s*self\\b")
  (#not-match? @view "(?i)hook|callback|ipn|notif|csp|violation|beacon|saml|scim|sso|oauth|openid|token|metrics|health|ping|receive|inbound|graphql|api|^mobile|_mobile")
  (#contains? @body "POST" ".body" ".data" "FILES" "PUT" "DELETE" "PATCH" "form")
  (#not-contains? @whole "request.user" "request.session" "login_required" "permission_required" "user_passes_test" "staff_member_required" "login(" "logout(")
  (#not-contains? @body ".save(" ".delete(" ".create(" ".update(" ".bulk_" ".set_" "get_or_create" "login(" "logout(")
  (#not-contains? @body "ignature" "hmac" "HMAC" "Authorization" "AUTHORIZATION" "api_key" "API_KEY" "token" "secret" "SECRET" "require_GET")
  (#reaches? @view "database-write")
  (#set! level "note")
  (#set! message "Protection against cross-site request forgery is switched off here; whether a cookie proves who calls is not seen."))

((decorated_definition
   (decorator (_) @exempt) @finding
   definition: (function_definition name: (identifier) @view parameters: (_) @parameters body: (_) @body)) @whole
  (#resolves-to? @exempt "django.views.decorators.csrf.csrf_exempt")
  (#not-match? @parameters "^\\(\\s*self\\b")
  (#not-match? @view "(?i)hook|callback|ipn|notif|csp|violation|beacon|saml|scim|sso|oauth|openid|token|metrics|health|ping|receive|inbound|graphql|api|^mobile|_mobile")
  (#contains? @body "POST" ".body" ".data" "FILES" "PUT" "DELETE" "PATCH" "form")
  (#not-contains? @body ".save(" ".delete(" ".create(" ".update(" ".bulk_" ".set_" "get_or_create" "login(" "logout(")
  (#not-contains? @body "ignature" "hmac" "HMAC" "Authorization" "AUTHORIZATION" "api_key" "API_KEY" "token" "secret" "SECRET" "require_GET")
  (#not-reaches? @view "database-write")
  (#set! level "note")
  (#set! message "Protection against cross-site request forgery is switched off here; whether this view changes anything is not seen."))

; The middleware that protects the whole site is gone while there are sessions.
((assignment left: (identifier) @setting right: (list) @middleware) @finding
  (#any-of? @setting "MIDDLEWARE" "MIDDLEWARE_CLASSES")
  (#contains? @middleware "SessionMiddleware")
  (#not-contains? @middleware "Csrf" "CSRF")
  (#not-file-contains? "DEFAULT_AUTHENTICATION_CLASSES"))

; An API whose settings name what proves who calls: a session among it is a cookie, a token is none.
((assignment left: (identifier) @setting right: (list) @middleware) @finding
  (#any-of? @setting "MIDDLEWARE" "MIDDLEWARE_CLASSES")
  (#contains? @middleware "SessionMiddleware")
  (#not-contains? @middleware "Csrf" "CSRF")
  (#file-contains? "DEFAULT_AUTHENTICATION_CLASSES")
  (#file-contains? "SessionAuthentication"))

((assignment left: (identifier) @setting right: (list (comment) @finding) @middleware)
  (#any-of? @setting "MIDDLEWARE" "MIDDLEWARE_CLASSES")
  (#contains? @finding "csrf.CsrfViewMiddleware")
  (#not-match? @middleware "(?i)middleware\\.(\\w+csrf|csrf(c|_|m|t|p))"))

; Flask-WTF
((module (expression_statement (assignment left: (_) @setting right: (false)) @finding))
  (#match? @setting "WTF_CSRF_ENABLED|WTF_CSRF_CHECK_DEFAULT")
  (#file-contains? "WTF_CSRF_ENABLED" "WTF_CSRF_CHECK_DEFAULT")
  (#not-package-names? "x-api-key" "X-API-Key" "X-Api-Key" "Bearer")
  (#set! help "flask"))

; Where clients show a key or token in a header, the routes may need no other proof.
((module (expression_statement (assignment left: (_) @setting right: (false)) @finding))
  (#match? @setting "WTF_CSRF_ENABLED|WTF_CSRF_CHECK_DEFAULT")
  (#file-contains? "WTF_CSRF_ENABLED" "WTF_CSRF_CHECK_DEFAULT")
  (#package-names? "x-api-key" "X-API-Key" "X-Api-Key" "Bearer")
  (#set! level "note")
  (#set! help "flask"))

((class_definition
   name: (identifier) @class
   body: (block (expression_statement (assignment left: (identifier) @setting right: (false)) @finding)))
  (#any-of? @setting "WTF_CSRF_ENABLED" "WTF_CSRF_CHECK_DEFAULT")
  (#not-match? @class "(?i)test|dev|local")
  (#set! help "flask"))

; Flask: a route that is exempt. That a cookie proves who calls is seen by who it lets in.
((decorated_definition
   (decorator (attribute) @exempt) @finding
   definition: (function_definition name: (identifier) @view body: (_) @body)) @whole
  (#contains? @exempt ".exempt")
  (#file-contains? "flask")
  (#resolves-to? @exempt "flask_wtf.csrf.CSRFProtect().exempt" "flask_wtf.CSRFProtect().exempt")
  (#not-match? @view "(?i)hook|callback|ipn|notif|saml|scim|sso|oauth|openid|token|metrics|health|ping|receive|inbound|graphql|api|^mobile|_mobile")
  (#not-contains? @whole "methods=['GET']" "methods=[\"GET\"]" ".get(\"/" ".get('/")
  (#contains? @whole "current_user" "login_required" "_required" "login_user" "logout_user" "session[" "session.get(" "session.pop(")
  (#not-contains? @body "ignature" "hmac" "HMAC" "Authorization" "api_key" "token" "secret")
  (#set! help "flask"))

((decorated_definition
   (decorator (attribute) @exempt) @finding
   definition: (function_definition name: (identifier) @view body: (_) @body)) @whole
  (#contains? @exempt ".exempt")
  (#resolves-to? @exempt "flask_wtf.csrf.CSRFProtect().exempt" "flask_wtf.CSRFProtect().exempt")
  (#not-match? @view "(?i)hook|callback|ipn|notif|saml|scim|sso|oauth|openid|token|metrics|health|ping|receive|inbound|graphql|api|^mobile|_mobile")
  (#not-contains? @whole "methods=['GET']" "methods=[\"GET\"]" ".get(\"/" ".get('/")
  (#not-contains? @whole "current_user" "login_required" "_required" "login_user" "logout_user" "session[" "session.get(" "session.pop(")
  (#not-contains? @body "ignature" "hmac" "HMAC" "Authorization" "api_key" "token" "secret")
  (#set! level "note")
  (#set! message "Protection against cross-site request forgery is switched off here; whether a cookie proves who calls is not seen.")
  (#set! help "flask"))
