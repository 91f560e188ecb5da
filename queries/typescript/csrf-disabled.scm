; Apollo Server: on by default, switched off here.
((call_expression
   arguments: (arguments (object (pair key: (property_identifier) @option value: (false)) @finding)))
  (#eq? @option "csrfPrevention"))

((new_expression
   arguments: (arguments (object (pair key: (property_identifier) @option value: (false)) @finding)))
  (#eq? @option "csrfPrevention"))

; SvelteKit
((pair
   key: (property_identifier) @group
   value: (object (pair key: (property_identifier) @option value: (false)) @finding))
  (#eq? @group "csrf")
  (#eq? @option "checkOrigin"))

; Better Auth
((pair key: (property_identifier) @option value: (true)) @finding
  (#any-of? @option "disableCSRFCheck" "skipCSRFCheck"))

; lusca
((call_expression
   function: (_) @lusca
   arguments: (arguments (object (pair key: (property_identifier) @option value: (false)) @finding)))
  (#eq? @option "csrf")
  (#resolves-to? @lusca "lusca" "lusca.default"))
