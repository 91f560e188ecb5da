const Router = require('@koa/router');

module.exports = function makeAdmin(prefix) {
  const router = new Router({ prefix });
  router.get('/users', (ctx) => { ctx.body = []; });
  return router;
};
