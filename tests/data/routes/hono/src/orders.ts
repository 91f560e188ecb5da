import { Hono } from 'hono';
import { lines } from './lines';

const app = new Hono();

app.get('/', (c) => c.json([])).get('/:id', (c) => c.json({})).post('/', (c) => c.json({}));
app.route('/:id/lines', lines());

export default app;
