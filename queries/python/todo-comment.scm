((comment) @finding
  (#contains? @finding "TODO" "FIXME" "HACK" "XXX")
  (#match? @finding "(^|[^A-Za-z0-9_])(TODO|FIXME|HACK|XXX)([^A-Za-z0-9_-]|$)"))
