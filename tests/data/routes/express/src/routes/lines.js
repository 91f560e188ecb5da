const express = require('express');

const lines = express.Router({ mergeParams: true });
const show = (req, res) => res.json({ order: req.params.orderId });

lines.get('/', show);
lines.get('/:lineId', show);

module.exports = lines;
