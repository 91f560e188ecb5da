import fp from 'fastify-plugin';

async function health(fastify) {
  fastify.get('/health', async () => ({ ok: true }));
}

export default fp(health, { name: 'health' });
