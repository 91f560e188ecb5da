const Koa = require('koa');
const Router = require('@koa/router');
const orders = require('./orders');
const makeAdmin = require('./admin');

const app = new Koa();
const root = new Router();
const api = new Router({ prefix: '/api' });

root.get('home', '/', (ctx) => { ctx.body = 'home'; });
root.redirect('/old', '/');
root.register('/both', ['GET', 'POST'], (ctx) => { ctx.body = 'both'; });
api.use('/orders', orders.routes(), orders.allowedMethods());
api.use(makeAdmin('/admin').routes());
root.use(api.routes());
root.all('/any', (ctx) => { ctx.body = 'any'; });
root.get(['/a', '/b'], (ctx) => { ctx.body = 'ab'; });
root.del('/gone/:id', (ctx) => { ctx.body = ''; });

app.use(root.routes()).use(root.allowedMethods());

module.exports = { app, root };
