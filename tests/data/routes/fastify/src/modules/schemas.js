export const schemas = { page: { schema: { params: { type: 'object', properties: { page: { type: 'string' } } } } } };
