module.exports = { API_PREFIX: '/api/v2' };
