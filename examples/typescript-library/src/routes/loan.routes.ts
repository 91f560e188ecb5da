import { Router } from 'express'
import { authenticate } from '../auth.js'
import { prisma } from '../db.js'
import { LoanService } from '../services/loan.service.js'

export const loanRouter = Router()
const loans = new LoanService()

loanRouter.use(authenticate)

loanRouter.get('/:reader', async (req, res) => {
  res.json(await loans.ofReader(Number(req.params.reader)))
})

loanRouter.get('/:reader/open', async (req, res) => {
  res.json(await loans.open(Number(req.params.reader)))
})

loanRouter.post('/', async (req, res) => {
  const { bookId, readerId } = req.body
  const reader = await prisma.reader.findUniqueOrThrow({ where: { id: readerId } }) // expect: data-access-in-handler
  const book = await prisma.book.findUniqueOrThrow({ where: { id: bookId } })
  const open = await prisma.loan.count({ where: { readerId, returned: null } })
  if (open >= reader.limit) return res.sendStatus(403)
  if (book.copies < 1) return res.sendStatus(409)
  await prisma.book.update({ where: { id: bookId }, data: { copies: book.copies - 1 } }) // expect: business-logic-in-handler
  const loan = await prisma.loan.create({ data: { bookId, readerId } }) // expect: missing-input-validation, missing-transaction
  return res.status(201).json(loan)
})
