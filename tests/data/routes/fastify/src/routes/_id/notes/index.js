export default async function notes(fastify) {
  fastify.get('/', async () => []);
}
