export const autoPrefix = '/statistics';

export default async function reports(fastify) {
  fastify.get('/daily', async () => []);
}
