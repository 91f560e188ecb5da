export default async function more(fastify) {
  fastify.get('/more', async () => []);
}
