const express = require('express');
const path = require('path');
const { ordersRouter, buildAdmin } = require('./routes');
const catalog = require('./routes/catalog');
const registerHooks = require('./modules/hooks');
const { API_PREFIX } = require('./settings');

const app = express();
const api = express.Router();
const legacy = express.Router();

app.use(express.json());
app.use('/static', express.static(path.join(__dirname, 'public')));

// One router under two prefixes.
api.use('/orders', ordersRouter);
legacy.use('/bestellungen', ordersRouter);

// A router made by a function, with what it needs.
api.use('/admin', buildAdmin({ audit: true }));

// Prefixes by a list and by a constant.
app.use(['/shop', '/store'], catalog);
app.use(API_PREFIX, api);
app.use('/legacy', legacy);

registerHooks(app);

// Paths in lists, with patterns, with optional parts.
app.get(['/about', '/imprint'], (req, res) => res.send('about'));
app.get('/files/:name.:ext', (req, res) => res.send('file'));
app.get('/users/:id(\\d+)', (req, res) => res.send('user'));
app.get('/search/:term?', (req, res) => res.send('found'));
app.get(/^\/old\/(.*)$/, (req, res) => res.redirect('/'));
app.all('/any', (req, res) => res.send('any'));

app.route('/baskets/:basketId')
  .all((req, res, next) => next())
  .get((req, res) => res.send('basket'))
  .put((req, res) => res.send('basket'))
  .delete((req, res) => res.send('basket'));

for (const lang of ['de', 'fr']) {
  app.get(`/${lang}/help`, (req, res) => res.send(lang));
}

const verbs = { get: 'read', post: 'write' };
app.get('/health', (req, res) => res.json({ ok: true, verbs }));
app.get('view engine');

// An application in an application.
const panel = express();
panel.get('/stats', (req, res) => res.json({}));
app.use('/panel', panel);

// Handlers in arrays, and a guard before everything of a prefix.
const guard = (req, res, next) => next();
app.use('/private', guard, require('./routes/private'));
app.post('/uploads', [guard, guard], (req, res) => res.send('ok'));
app['delete']('/uploads/:id', (req, res) => res.send('ok'));

module.exports = app;
