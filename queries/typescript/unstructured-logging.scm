((call_expression
   function: (member_expression object: (identifier) @console property: (property_identifier) @method)) @finding
  (#eq? @console "console")
  (#any-of? @method "log" "info" "warn" "error" "debug" "trace")
  (#role? @finding "router" "service" "repository" "middleware" "task")
  (#not-file-contains? ".listen(")
  (#package-imports? "winston" "pino" "pino-http" "nestjs-pino" "nest-winston" "bunyan" "log4js" "tslog" "loglevel" "signale" "consola" "roarr" "@logtape/logtape"))
