class CatalogController {
  list(req, res) {
    res.json([]);
  }

  show(req, res) {
    res.json({});
  }

  mount(router) {
    router.post('/items', this.list);
  }
}

module.exports = CatalogController;
