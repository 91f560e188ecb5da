export const catalog = (fastify, options, done) => {
  fastify.get('/items', async () => []);
  for (const route of routes) {
    fastify.route(route);
  }
  done();
};

const routes = [
  { method: 'PUT', url: '/items/:sku', handler: async () => 'put' },
  { method: 'PATCH', url: '/items/:sku', handler: async () => 'patch' },
];

export function stock(fastify, options, done) {
  fastify.get('/stock', async () => []);
  done();
}
