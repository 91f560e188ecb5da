import { AccountsController } from './controller.js';

export default async function accounts(fastify, options) {
  const controller = new AccountsController(fastify);
  fastify.addHook('onRequest', async () => {});
  fastify.get('/', controller.list);
  fastify.get('/:id', { schema: {} }, controller.show.bind(controller));
  fastify.register(notes, { prefix: '/:id/notes' });
}

async function notes(instance) {
  instance.post('/', async () => 'made');
  instance.route({ method: 'DELETE', url: '/:note', handler: remove });
}

async function remove() {
  return 'gone';
}
