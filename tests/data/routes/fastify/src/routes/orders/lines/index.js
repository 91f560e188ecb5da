export default async (fastify) => {
  fastify.post('/', async () => ({}));
};
