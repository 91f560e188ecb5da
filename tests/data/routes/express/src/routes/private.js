const router = require('express').Router();

router.get('/me', (req, res) => res.json({}));

module.exports = router;
