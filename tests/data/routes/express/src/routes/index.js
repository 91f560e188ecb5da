const { Router } = require('express');
const lines = require('./lines');

const ordersRouter = Router();
ordersRouter.get('/', (req, res) => res.json([]));
ordersRouter.post('/', (req, res) => res.json({}));
ordersRouter.use('/:orderId/lines', lines);
ordersRouter.param('orderId', (req, res, next) => next());

function buildAdmin(options) {
  const router = Router();
  if (options.audit) {
    router.use((req, res, next) => next());
  }
  router.get('/users', listUsers);
  router.route('/users/:id').patch(listUsers).delete(listUsers);
  return router;
}

function listUsers(req, res) {
  res.json([]);
}

exports.ordersRouter = ordersRouter;
exports.buildAdmin = buildAdmin;
