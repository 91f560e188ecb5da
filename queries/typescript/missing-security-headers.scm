((call_expression function: (identifier) @express) @finding
  (#resolves-to? @express "express" "express.default")
  (#not-package-imports? "helmet" "lusca" "koa-helmet")
  (#not-file-contains? "X-Frame-Options" "x-frame-options" "X-Content-Type-Options" "Content-Security-Policy"))

((call_expression function: (member_expression property: (property_identifier) @create) @factory) @finding
  (#eq? @create "create")
  (#file-contains? "NestFactory")
  (#resolves-to? @factory "@nestjs/core.NestFactory.create")
  (#not-package-imports? "helmet" "@fastify/helmet" "fastify-helmet")
  (#not-file-contains? "X-Frame-Options" "x-frame-options" "X-Content-Type-Options" "Content-Security-Policy"))

((new_expression constructor: (identifier) @koa) @finding
  (#resolves-to? @koa "koa" "koa.default")
  (#not-package-imports? "koa-helmet" "helmet")
  (#not-file-contains? "X-Frame-Options" "x-frame-options" "X-Content-Type-Options" "Content-Security-Policy"))

((call_expression function: (identifier) @fastify) @finding
  (#resolves-to? @fastify "fastify" "fastify.default" "fastify.fastify")
  (#not-package-imports? "@fastify/helmet" "fastify-helmet" "helmet")
  (#not-file-contains? "X-Frame-Options" "x-frame-options" "X-Content-Type-Options" "Content-Security-Policy"))
