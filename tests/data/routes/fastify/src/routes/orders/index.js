export default async function orders(fastify) {
  fastify.get('/', async () => []);
  fastify.get('/:id', async () => ({}));
}
