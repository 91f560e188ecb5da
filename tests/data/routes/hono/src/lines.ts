import { Hono } from 'hono';

export function lines() {
  const app = new Hono({ strict: false });
  app.get('/', (c) => c.json(c.req.param('id')));
  return app;
}
