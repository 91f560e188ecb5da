const Router = require('@koa/router');

const router = new Router();
const lines = new Router({ prefix: '/:orderId/lines' });

router.get('/', (ctx) => { ctx.body = []; });
router.get('/:id', (ctx) => { ctx.body = {}; }).put('/:id', (ctx) => { ctx.body = {}; });
lines.post('/', (ctx) => { ctx.body = {}; });
router.use(lines.routes());

module.exports = router;
