import { prisma } from '../db.js'

export const loanRepository = {
  ofReader: (readerId: number) => prisma.loan.findMany({ where: { readerId }, include: { book: true } }),

  open: (readerId: number) => prisma.loan.count({ where: { readerId, returned: null } }),

  create: (bookId: number, readerId: number) => prisma.loan.create({ data: { bookId, readerId } }),
}
