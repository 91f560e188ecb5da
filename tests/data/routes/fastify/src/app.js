import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autoload from '@fastify/autoload';
import Fastify from 'fastify';
import accounts from './modules/accounts.js';
import { catalog, stock as stockRoutes } from './modules/catalog.js';
import health from './plugins/health.js';
import { schemas } from './modules/schemas.js';

const here = dirname(fileURLToPath(import.meta.url));

export function build(options = {}) {
  const app = Fastify(options);
  app.decorate('now', () => 0);
  app.register(health, { prefix: '/ignored' });
  app.register(accounts, { prefix: '/accounts' });
  app.register(accounts, { prefix: '/v2/accounts' });
  app.register(async (api) => {
    api.register(catalog, { prefix: '/catalog' });
    api.register(stockRoutes);
  }, { prefix: '/api' });
  app.register(import('./modules/late.js'), { prefix: '/late' });
  app.register(autoload, { dir: join(here, 'routes'), options: { prefix: '/auto' } });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/both',
    handler: async () => 'both',
  });
  app.get('/docs/:page', schemas.page, async (request) => request.params.page);
  app.get('/files/*', async () => 'file');
  app.get('/at/:hour(^\\d+)h', async () => 'time');
  app.all('/any', async () => 'any');
  return app;
}
