import { Hono } from 'hono';
import { createFactory } from 'hono/factory';
import { admin } from './admin';
import orders from './orders';

const factory = createFactory();
const app = new Hono();
const v1 = new Hono().basePath('/v1');
const api = app.basePath('/api');

app.use('*', async (c, next) => next());
app.get('/', (c) => c.text('home'));
app.route('/orders', orders);
app.route('/', admin);
v1.get('/status', (c) => c.json({}));
app.route('/stable', v1);
api.get('/ping', (c) => c.text('pong'));
app.on(['PUT', 'DELETE'], ['/cache', '/store/:key?'], (c) => c.text('ok'));
app.on('PURGE', '/cache', (c) => c.text('ok'));
app.get('/posts/:date{[0-9]+}/:title{[a-z]+}', (c) => c.text('ok'));
app.get('/wild/*/card', (c) => c.text('ok'));
app.get('/made', ...factory.createHandlers((c) => c.text('made')));
app
  .get('/chain', (c) => c.text('get'))
  .post((c) => c.text('post'));

export default app;
