import { Prisma } from '@prisma/client'
import { prisma } from '../db.js'

export const bookRepository = {
  byId: (id: number) => prisma.book.findUnique({ where: { id } }),

  byIds: (ids: number[]) => prisma.book.findMany({ where: { id: { in: ids } } }),

  search: (words: string) =>
    prisma.$queryRawUnsafe(`SELECT * FROM "Book" WHERE title ILIKE '%${words}%'`), // expect: sql-injection

  startingWith: (prefix: string) => prisma.$queryRaw`SELECT * FROM "Book" WHERE title LIKE ${prefix + '%'}`,

  sorted: (descending: boolean) => {
    const direction = descending ? Prisma.sql`DESC` : Prisma.sql`ASC`
    return prisma.$queryRaw`SELECT * FROM "Book" ORDER BY title ${direction}`
  },

  create: (title: string, copies: number) => prisma.book.create({ data: { title, copies } }),
}
