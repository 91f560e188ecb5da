((assignment left: (identifier) @setting right: (list) @middleware) @finding
  (#any-of? @setting "MIDDLEWARE" "MIDDLEWARE_CLASSES")
  (#contains? @middleware "django.")
  (#contains? @middleware "SessionMiddleware")
  (#not-contains? @middleware "SecurityMiddleware" "csp")
  (#set! help "django"))
