import { Router } from 'express'
import { prisma } from '../db.js'
import { bookRepository } from '../repositories/index.js'
import { BookService } from '../services/book.service.js'

export const bookRouter = Router()
const books = new BookService()

bookRouter.get('/search', async (req, res) => {
  res.json(await books.search(String(req.query.words)))
})

bookRouter.get('/titles', async (req, res) => {
  res.json(await books.titles(String(req.query.ids).split(',').map(Number)))
})

bookRouter.get('/count', async (_req, res) => {
  res.json(await prisma.book.count()) // expect: data-access-in-handler
})

bookRouter.get('/:id', async (req, res) => {
  const book = await books.byId(Number(req.params.id))
  if (!book) return res.sendStatus(404)
  return res.json(book)
})

bookRouter.post('/', async (req, res) => {
  res.status(201).json(await books.create(req.body.title, req.body.copies)) // expect: missing-input-validation
})

bookRouter.get('/:id/raw', async (req, res) => {
  res.json(await bookRepository.byId(Number(req.params.id))) // expect: layer-skip
})

bookRouter.get('/health', async (_req, res) => {
  await prisma.$queryRaw`SELECT 1`
  res.sendStatus(204)
})
