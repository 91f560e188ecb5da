const { Router } = require('express');

module.exports = (app) => {
  const hooks = Router();
  hooks.post('/payment', (req, res) => res.send('ok'));
  hooks.post('/mail', (req, res) => res.send('ok'));
  app.use('/hooks', hooks);
};
