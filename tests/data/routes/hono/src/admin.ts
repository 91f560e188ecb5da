import { Hono } from 'hono';

export const admin = new Hono().basePath('/admin').get('/users', (c) => c.json([])).all('/any', (c) => c.text('any'));
