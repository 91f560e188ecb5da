((call function: (identifier) @print) @finding
  (#eq? @print "print")
  (#role? @finding "router" "service" "repository" "middleware" "task")
  (#package-imports? "logging" "structlog" "loguru")
  (#function-contains? @finding "def ")
  (#not-function-contains? @finding "__main__" "argparse" "sys.argv" "LogRecord"))
