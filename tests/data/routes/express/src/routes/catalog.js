const express = require('express');
const CatalogController = require('../modules/catalog');

const controller = new CatalogController();
const router = express.Router();

router.get('/items', controller.list.bind(controller));
router.get('/items/:sku', controller.show);
controller.mount(router);

module.exports = router;
